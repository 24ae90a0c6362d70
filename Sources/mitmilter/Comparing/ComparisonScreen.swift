import Comparison
import ConsoleUI
import ProxyRuntime
import TraceFormat

extension ComparisonBasis {
  /// Two traces as the screen compares them.
  func pane(_ first: String, _ second: String) throws -> ComparisonPane {
    let expressions = try expressions()
    var (before, after) = (compared(try read(first), expressions), compared(try read(second), expressions))
    var remarks = [Self.adjust(&before, &after)].compactMap { $0 }
    for (path, trace) in [(first, before), (second, after)] where trace.index.unreadableCount > 0 {
      let lines = NumberText.count(trace.index.unreadableCount, "line")
      remarks.append("\(lines) of \(ListingText.inert(path)) cannot be read")
    }
    return ComparisonPane(
      Comparison(before, after),
      ComparisonPane.Names(ListingText.inert(first), ListingText.inert(second)), remarks: remarks)
  }
}
