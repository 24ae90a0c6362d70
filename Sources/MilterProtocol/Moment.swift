/// A point in time as microseconds since the trace began.
///
/// The pure targets never read a clock: whoever owns one hands moments in. A stranger's trace may hold any moments, so
/// sums and differences stop at the ends of the range.
public struct Moment: Equatable, Comparable, Sendable {
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static let zero = Moment(microseconds: 0)

  public static func < (a: Moment, b: Moment) -> Bool { a.microseconds < b.microseconds }
  public static func - (a: Moment, b: Moment) -> Span {
    let (difference, overflow) = a.microseconds.subtractingReportingOverflow(b.microseconds)
    return Span(microseconds: overflow ? (a < b ? .min : .max) : difference)
  }
  public static func + (a: Moment, b: Span) -> Moment {
    Moment(microseconds: saturated(a.microseconds, b.microseconds))
  }
  public static func - (a: Moment, b: Span) -> Moment {
    let (difference, overflow) = a.microseconds.subtractingReportingOverflow(b.microseconds)
    return Moment(microseconds: overflow ? (b.microseconds < 0 ? .max : .min) : difference)
  }

  /// A length of time in microseconds; negative where a clock ran backwards.
  public struct Span: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static func seconds(_ n: Int64) -> Span { Span(microseconds: saturated(n, times: 1_000_000)) }
    public static func milliseconds(_ n: Int64) -> Span { Span(microseconds: saturated(n, times: 1000)) }

    public static func < (a: Span, b: Span) -> Bool { a.microseconds < b.microseconds }
    public static func + (a: Span, b: Span) -> Span {
      Span(microseconds: saturated(a.microseconds, b.microseconds))
    }
    public static func / (a: Span, b: Int64) -> Span { Span(microseconds: a.microseconds / b) }

    /// Whole ones.
    package var milliseconds: Int64 { microseconds / 1000 }

    /// `12 s`; with milliseconds where it has a part of a second.
    public var words: String { inUnit(between: " ") }

    /// `12s`, as it is typed.
    public var typed: String { inUnit(between: "") }

    /// - Parameter typed: as ``typed`` has it.
    public init?(typed: some StringProtocol) {
      for (unit, microseconds) in [("ms", Int64(1000)), ("s", 1_000_000)] where typed.hasSuffix(unit) {
        guard let count = Int64(typed.dropLast(unit.count)), count >= 0 else { return nil }
        self.init(microseconds: saturated(count, times: microseconds))
        return
      }
      return nil
    }

    private func inUnit(between gap: String) -> String {
      microseconds % 1_000_000 == 0 ? "\(microseconds / 1_000_000)\(gap)s" : "\(microseconds / 1000)\(gap)ms"
    }

    /// However long it is, in the one direction or the other.
    public var magnitude: Span { microseconds < 0 ? Moment.zero - Moment(microseconds: microseconds) : self }
  }
}

private func saturated(_ a: Int64, times b: Int64) -> Int64 {
  let (product, overflow) = a.multipliedReportingOverflow(by: b)
  return overflow ? (a < 0 ? .min : .max) : product
}

private func saturated(_ a: Int64, _ b: Int64) -> Int64 {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? (b < 0 ? .min : .max) : sum
}
