import MilterProtocol

/// How often a rule has met each value of its key, 16 bytes a value however long the addresses in it: two hashes, seeded anew in
/// each run so that nobody can make two values meet.
///
/// Bounded: the values that came first stay. What is not counted is not acted on.
struct KeyTable: Sendable {
  private var windows: [SIMD2<Int>: Window] = [:]
  private var cleared = Moment.zero

  fileprivate struct Window {
    var since: Moment
    var count = 1
  }

  /// Values remembered for one rule.
  static let limit = 100_000
  /// Between two looks for what is over, while there is no room.
  private static let clearing = Moment.Span.seconds(1)

  /// Counts the value. Returns how often it came; nil where there was no room for it.
  ///
  /// - Parameter span: so long after it came first, counting begins again; nil for never.
  mutating func count(_ value: [UInt8], at now: Moment, over span: Moment.Span?) -> Int? {
    let key = Self.hashes(of: value)
    if let window = windows[key], !window.isOver(at: now, span) {
      windows[key]?.count = window.count + 1
      return window.count + 1
    }
    if windows.count >= Self.limit, windows[key] == nil {
      if now - cleared >= Self.clearing {
        cleared = now
        windows = windows.filter { !$0.value.isOver(at: now, span) }
      }
      guard windows.count < Self.limit else { return nil }
    }
    windows[key] = Window(since: now)
    return 1
  }

  private static func hashes(of value: [UInt8]) -> SIMD2<Int> {
    var first = Hasher()
    first.combine(value)
    var second = Hasher()
    second.combine(value.count)
    second.combine(value)
    return SIMD2(first.finalize(), second.finalize())
  }
}

extension KeyTable.Window {
  fileprivate func isOver(at now: Moment, _ span: Moment.Span?) -> Bool {
    span.map { now - since >= $0 } ?? false
  }
}
