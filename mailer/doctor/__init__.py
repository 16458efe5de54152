"""What could keep mail from arriving, looked at from outside: beside ``flows``; sockets and DNS are allowed here.

Laws: a check changes nothing (but for a stand-in person that it takes away again), is bounded in time, and gives a
finding for whatever goes wrong with it, a missing network included; it raises nothing.
"""
