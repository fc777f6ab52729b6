"""The load test: messages at moments fixed beforehand, and what became of each, seen from the far end.

Read run.py first. It drives a mesh from outside, as the providers do, and believes nothing but what arrived: an answer
that the stand-in provider accepted, a trip that the trips service knows.
"""
