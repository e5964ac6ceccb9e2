"""What is done to clips that there are: continued, seen from elsewhere, in another light, in another manner.

Pure functions over frames (H, W, 3) uint8 BGR and sounds (samples, 2) float32; the same input gives the same bytes.
"""
