"""How good and how fast placement is: `make bench-placement`, or `python -m bench.placement --help`.

draws       the seeded stream that every generator draws from
literature  instance classes C1 to C10 of two-dimensional vector bin packing
kubelike    what clusters ask for: KM, KC, TIGHT, KX
planted     feasible by construction: PL and GZ
cases       small ones on which greedy packers fail
batch       an instance as placement takes it
greedy      the packers to compare with
bounds      what no packer can do better than
exact       the optimum, by a solver; exactpods: what Pods ask of each other
brute       the optimum, by trying everything
churn       a cluster that lives for a while
sweep       many random small instances against the optimum
rows, bars  what is measured, and what it must come to
picture     the table as a drawing
"""
