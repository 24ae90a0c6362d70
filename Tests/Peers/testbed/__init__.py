"""Private MTAs, milters and a next hop on loopback, and the comparison of what they do.

Everything lives in one temporary folder, listens on ports that were free, and is ended by process id.
"""
