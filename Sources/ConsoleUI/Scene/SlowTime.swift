import Cells
import MilterProtocol
import TraceModel

/// A reply time that is longer than `set slow` says: a sign in front, so that it is told without colours.
enum SlowTime {
  static func text(_ span: Moment.Span, isSlow: Bool, otherwise style: Style) -> DisplayText {
    DisplayText((isSlow ? "!" : "") + TimeText.span(span), style: isSlow ? Style(.warn, .bold) : style)
  }
}
