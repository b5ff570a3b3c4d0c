"""The checker: whether an answer keeps every hard rule, judged from its final state alone.

It shares no code with the packer (nor with the rules that explain), so that a mistake there is found here. Linear in
Pods and Minions: 10,000 Pods on 1,000 Minions take a fraction of a second, so it stands before anything is driven.

check      what one Pod asks of one Minion, and what all that is on a Minion comes to
affinity   Pods near others, and apart from others
spread     Pods evenly over domains
census     who is where
labels     labels and taints
"""
