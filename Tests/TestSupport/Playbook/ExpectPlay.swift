import MilterProtocol
import ProxyCore
import Testing

/// Performs `script` and holds it against itself; a difference is shown as a diff of the whole play.
///
/// - Parameter beginning: events that come first, without their effects.
package func expectPlay(
  cast: [String: Packet] = [:], controls: ProxySettings = ProxySettings(), after beginning: String = "",
  _ script: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    let performed = try Playbook(cast: cast, controls: controls).performed(script, after: beginning)
    guard performed != script else { return }
    Issue.record(
      "the play goes otherwise (- expected, + performed):\n\(difference(from: script, to: performed))",
      sourceLocation: sourceLocation)
  } catch {
    Issue.record(error, sourceLocation: sourceLocation)
  }
}

/// Every line of both texts, those in the first alone marked `-`, those in the second alone `+`.
package func difference(from old: String, to new: String) -> String {
  let old = old.split(separator: "\n", omittingEmptySubsequences: false)
  let new = new.split(separator: "\n", omittingEmptySubsequences: false)
  var removed: Set<Int> = []
  var inserted: Set<Int> = []
  for change in new.difference(from: old) {
    switch change {
    case .remove(let offset, _, _): removed.insert(offset)
    case .insert(let offset, _, _): inserted.insert(offset)
    }
  }
  var lines: [String] = []
  var i = 0
  var j = 0
  while i < old.count || j < new.count {
    if i < old.count, removed.contains(i) {
      lines.append("- \(old[i])")
      i += 1
    } else if j < new.count, inserted.contains(j) {
      lines.append("+ \(new[j])")
      j += 1
    } else {
      lines.append("  \(old[i])")
      i += 1
      j += 1
    }
  }
  return lines.joined(separator: "\n")
}
