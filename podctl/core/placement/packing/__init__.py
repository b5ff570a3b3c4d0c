"""The packer: as few Minions as possible for a batch, with every hard rule kept.

relations, tying   what Pods have to do with each other, counted by domain
standing           which Minions a Pod may go to, whatever else is there
classes, build     the batch as numbers: Pods that are alike are one class
state, soundness   a packing in the making
bounds             how few Minions it could be
first_fit, ratio_fill, slack_fill   three fills, each best at another mix
squeeze, shrink    moves Pods of the batch about: to place what waits, and to empty Minions
together           picks the domain of Pods that must go together
search             every possibility, for small batches
admission          who goes when not all fit
preferences, settle   ties between equally good packings
portfolio          tries them in turn and keeps the best

Study and figures: every budget is counted in checks, never in seconds, and every random choice is seeded.
"""
