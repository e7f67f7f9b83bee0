"""What runs by itself: the worker that takes every automatic step's worklist."""
