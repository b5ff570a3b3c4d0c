"""The Document: what the cluster remembers, as one value, and every decision about it (design section 8).

model        the values
codec        a Document as the text that a copy carries, and back
recall       which of the copies in sight is the Document, and whether it may be written
keepers      who keeps the next copies
writing      what makes the next one stand
leaving      copies of Pods that are wanted no more and may still run
stale        which of the containers in sight the Document does not want
"""
