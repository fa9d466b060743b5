"""What is wrong with a data set: rules over its files, annotation rows, clips and scores, before any label is given.

facts          what rules read: videos, files, annotation rows, an Arrow table of clips, what is known of a reward
settings       where each rule draws its line, with the reason
outcome        what one rule came to: hits, how many were checked, how many could not be, rates by group
files          family `integrity`: files that do not open, damage, lengths, checksums
rows           family `times`: annotation rows beyond the end, empty, twice, overlapping
duplicates     family `duplicates`: the same content, near-duplicates, overlapping clips
footage        family `footage`: hands, light, blur, idle time, shakiness
preference     family `preference`: what the reward is worth, and clips that it can't place
rule           what a rule is; each family has its own beside their functions
rules          all rules together
numbers        the measured numbers of the footage, overall and by group
report         the findings of one audit, as they are shown and stored
fail_on        which findings fail a build
sampling       which clips are measured where not all are
"""
