"""Reports: what a run came to, in numbers and in words.

A run as one HTML page that can be read, printed and attached: the appendix of a paper.
"""
