/// A point in time as microseconds since the trace began.
///
/// The pure targets never read a clock: whoever owns one hands moments in.
package struct Moment: Hashable, Comparable, Sendable {
  package var microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }

  package static let zero = Moment(microseconds: 0)

  package static func < (a: Moment, b: Moment) -> Bool { a.microseconds < b.microseconds }
  package static func - (a: Moment, b: Moment) -> Span { Span(microseconds: a.microseconds - b.microseconds) }
  package static func + (a: Moment, b: Span) -> Moment {
    Moment(microseconds: a.microseconds + b.microseconds)
  }

  /// A length of time in microseconds; negative where a clock ran backwards.
  package struct Span: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func seconds(_ n: Int64) -> Span { Span(microseconds: n * 1_000_000) }
    package static func milliseconds(_ n: Int64) -> Span { Span(microseconds: n * 1000) }

    package static func < (a: Span, b: Span) -> Bool { a.microseconds < b.microseconds }
    package static func + (a: Span, b: Span) -> Span {
      Span(microseconds: a.microseconds + b.microseconds)
    }
    package static func / (a: Span, b: Int64) -> Span { Span(microseconds: a.microseconds / b) }
  }
}
