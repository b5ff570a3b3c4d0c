"""What happened to containers, from what was seen of them and from what the Minions' engines still tell of them.

`seen` reads the state, `merging` makes one of what two sources tell, `telling` finds the words, `counting` puts
together what happened again and again.
"""
