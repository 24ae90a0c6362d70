/// The buffer that all connections read into during one turn of the loop; empty again when what was read has left.
///
/// An idle connection therefore owns no buffer at all.
struct Arena: ~Copyable {
  /// Bytes that one connection may read in a turn, so that a busy one does not starve the others.
  static let share = 262_144
  private static let capacity = 4 * share
  /// From here on a turn lets out what it has: what was read is then still in the processor's cache when it is written to
  /// the trace and sent.
  private static let comfortable = 131_072

  let base: UnsafeMutableRawPointer
  private(set) var used = 0

  init() { base = .allocate(byteCount: Self.capacity, alignment: 64) }
  deinit { base.deallocate() }

  var hasRoom: Bool { used < Self.comfortable && Self.capacity - used >= Self.share }
  mutating func take(_ count: Int) { used += count }
  mutating func clear() { used = 0 }
}
