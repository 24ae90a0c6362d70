package enum Leg: UInt8, Sendable, Hashable { case mta, milter }
