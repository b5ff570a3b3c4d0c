"""The packer: as few Minions as possible for a batch, with every hard rule kept.

relations, tying            what Pods have to do with each other, counted by domain
standing, supply            which Minions a Pod may go to whatever else is there, and what these have free
classes, build              the batch as numbers: Pods that are alike are one class
state, board, soundness     a packing in the making, with a way back, and whether it holds in the end
kinship                     whom a Pod that moves may unsettle: soundness looks at these alone
bounds                      how few Minions it could be
settle                      Pods that stay where they are
together                    the domain of Pods that must go together
first_fit, ratio_fill, slack_fill   three fills, each best at another mix; floors tells when a Minion is done
squeeze, push, shrink       Pods of the batch are moved about: to place what waits, and to empty Minions
search                      every possibility, for small batches: is there a place for all?
portfolio                   tries them in turn and keeps the best
admission                   who goes when not all fit
prefer                      the packing that Pods prefer: preferences (what they prefer), interchange, polish;
                            for `spread` even_fill and balance
exhaust                     every possibility for a handful of Pods, in every criterion

Budgets are counted in checks, never in seconds, and every random choice is seeded. The study behind it: one class for
alike Pods, ratio fills over the smallest set of Minions that suffices, minimum slack sets, ejection chains.
"""
