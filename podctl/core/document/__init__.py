"""The Document: what the cluster remembers, as one value, and every decision about it (design section 8).

model        the values
codec        a Document as the text that a copy carries, and back
recall       which of the copies in sight is the Document, and whether it may be written
keepers      who keeps the next copies
writing      what makes the next one stand
leaving      copies of Pods that are wanted no more and may still run
stale        which of the containers in sight the Document does not want
changes      the next Document after a plan or a delete
acts         what a command did, and how it ended
failover     what an operator gives up on silent Minions
unlisted     Minions that are remembered and in no inventory
adopting     a Document made of what runs
silences     since when who has not answered
cordons      beside those of the inventory
"""
