import CommandLanguage
import Timeline
import TraceModel

/// An expression tried on the traffic already seen.
struct Trial {
  let expression: Expression
  var pass: FilterPass

  init(_ expression: Expression) {
    self.expression = expression
    pass = FilterPass(FilterPredicate(expression))
  }

  /// `would have matched 14 of 1,234 packets`.
  func words(of total: Int) -> String {
    let seen = pass.next < total ? " so far, of \(NumberText.grouped(pass.next)) looked at" : ""
    let count = NumberText.grouped(pass.rows.count)
    return "would have matched \(count) of \(NumberText.count(total, "packet"))\(seen)"
  }
}
