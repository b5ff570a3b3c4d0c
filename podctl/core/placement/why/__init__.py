"""Why each Pod is where it is, or waits: told from the final state alone, so it knows nothing of how it was reached.

explain        a Placed or a Waiting for every Pod
landscape, surroundings, between   which Pods are in which place, what one Pod meets there, and the rules between Pods
scene          the cluster at one moment, in numbers
because, wishes                    a placed Pod: the criterion that decided
diagnosis      a waiting Pod: what would have to change, and its parts nowhere, release, shortfall, moves
"""
