# The session that `make demo` shows. BIN is the folder of podctl, DEMO_DIR the sandbox's.
set -euo pipefail
PATH=$(cd "$BIN" && pwd):$PATH

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() { printf '\033[32m$ %s\033[0m\n' "$*"; "$@"; }
[ -t 1 ] || { say() { printf '\n# %s\n' "$*"; }; run() { printf '$ %s\n' "$*"; "$@"; }; }

say "Three machines with sshd and docker, made of this one"
run podctl sandbox up --minions 3 --dir "$DEMO_DIR"
export PODCTL_INVENTORY="$DEMO_DIR/inventory.yaml"

say "Kubernetes manifests go in"
run podctl apply -f examples/

say "Pods come out, placed and running"
run podctl get minions
run podctl get pods -o wide

say "A Pod answers over HTTP, on its Minion's port 8080"
minion=$(podctl get pod web -o 'jsonpath={.status.hostIP}')
run curl -s "http://$minion:8080/"
run curl -s "http://$minion:8080/time"

say "Its logs, and a command in one of its containers"
run podctl logs web -c server --tail 3
run podctl exec counter -c count -- sh -c 'echo "counted to $(cat /data/count) on $NODE"'

say "The same again changes nothing"
run podctl apply -f examples/

cat <<MSG

Go on by yourself:
  export PATH=$(cd "$BIN" && pwd):\$PATH PODCTL_INVENTORY=$PODCTL_INVENTORY
  podctl describe pod web
  podctl logs -f web -c server
  podctl exec -it web -c clock -- sh
  podctl port-forward web 9090:8080
  podctl delete -f examples/web.yaml
and take it all down:
  make demo-down
MSG
