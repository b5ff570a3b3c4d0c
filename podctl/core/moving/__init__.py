"""Moves of Pods that run: pure decisions for `drain` and `rebalance`.

board      which Pod stands on which Minion, and what would be if one were lifted
waves      in which order moves can go, so that everything holds at each step
movers     which of the Pods in sight may move, and why not the others
draining   a Minion that is to be empty
search     the fewest moves that free a Minion or let a waiting Pod in
rebalancing   the same for a cluster
plans      moves as Actions
"""
