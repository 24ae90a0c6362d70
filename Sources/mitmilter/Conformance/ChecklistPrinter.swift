import ArgumentParser
import Conformance
import Glibc
import TraceFormat

/// Prints a checklist line by line, as it is gone through.
final class ChecklistPrinter {
  private let isJSON: Bool
  private let peer: String
  private let output = Output()
  private let hasColours: Bool
  private var counts: [TrialReport.Result: Int] = [:]

  /// - Parameter peer: who is put to the test.
  init(of peer: String, isJSON: Bool, hasColours: Bool) {
    (self.peer, self.isJSON, self.hasColours) = (peer, isJSON, hasColours)
  }

  private static let width = 20

  func print(_ report: TrialReport) {
    counts[report.result, default: 0] += 1
    if isJSON {
      output.append { Self.append(report, to: &$0) }
    } else {
      output.write(text(report))
    }
    output.flush()
  }

  private func text(_ report: TrialReport) -> String {
    let mark: String
    switch report.result {
    case .pass: mark = colour("pass", 32)
    case .fail: mark = colour("FAIL", 31)
    case .skip: mark = colour("skip", 2)
    }
    if report.result == .skip {
      return "\(mark)  \(padded(report.id))\(report.what): \(ListingText.inert(report.reasons.first ?? ""))\n"
    }
    let margin = String(repeating: " ", count: 6 + Self.width)
    var lines = [
      "\(mark)  \(padded(report.id))\(report.what)", "\(margin)expected  \(report.expected)",
      "\(margin)came      \(ListingText.inert(report.came))",
    ]
    lines += report.reasons.map { "\(margin)why       \(ListingText.inert($0))" }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func append(_ report: TrialReport, to bytes: inout [UInt8]) {
    bytes.append(key: "{\"fault\":", report.id)
    bytes.append(key: ",\"group\":", report.group)
    bytes.append(key: ",\"done\":", report.what)
    bytes.append(key: ",\"expected\":", report.expected)
    bytes.append(key: ",\"came\":", report.came.isEmpty ? nil : report.came)
    bytes.append(key: ",\"result\":", report.result.rawValue)
    bytes.append(ascii: ",\"why\":[")
    for (index, reason) in report.reasons.enumerated() {
      if index > 0 { bytes.append(ascii: ",") }
      bytes.append(key: "", reason)
    }
    bytes.append(ascii: "]}\n")
  }

  private func padded(_ id: String) -> String {
    id + String(repeating: " ", count: max(1, Self.width - id.count))
  }

  private func colour(_ text: String, _ code: Int) -> String {
    hasColours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  /// Says what all came to, and ends with the status of that.
  func finish() throws {
    let (passed, failed, skipped) = (counts[.pass] ?? 0, counts[.fail] ?? 0, counts[.skip] ?? 0)
    if !isJSON {
      let rest = skipped == 0 ? "" : "; \(skipped) could not be tried"
      output.write("\n\(peer): \(passed) passed, \(failed) failed\(rest)\n")
    }
    output.flush()
    if failed > 0 { throw ExitCode(1) }
  }
}
