import MilterProtocol

/// Digits typed one after the other: the number before a motion (`12j`), or views looked at in turn.
///
/// A digit with a view of its own shows that view at once. If more digits follow quickly and then a key that takes a
/// number, the run was a number, meant for the view it began in. A number of one digit that is a view's has a 0
/// in front (`05j`).
struct DigitRun: Equatable, Sendable {
  /// The longest pause between the digits of one number, and behind the last: whoever looks at one view after the other
  /// takes longer.
  static let pause = Moment.Span.milliseconds(300)

  private(set) var digits = ""
  /// Where the run began.
  let origin: ListView
  private var latest: Moment

  init(origin: ListView, at moment: Moment) {
    self.origin = origin
    latest = moment
  }

  /// Adds a digit; false where it came too late to belong to the run.
  mutating func add(_ digit: Unicode.Scalar, at moment: Moment) -> Bool {
    guard digits.isEmpty || moment - latest <= DigitRun.pause, digits.count < 9 else { return false }
    digits.unicodeScalars.append(digit)
    latest = moment
    return true
  }

  func isStale(at moment: Moment) -> Bool { moment - latest > DigitRun.pause }

  /// The number, where it can be one.
  var count: Int? {
    guard let value = Int(digits), value > 0 else { return nil }
    let isView = digits.count == 1 && ListView(rawValue: value) != nil
    return isView ? nil : value
  }
}
