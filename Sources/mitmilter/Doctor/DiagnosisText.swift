import MTAConfiguration
import TraceFormat

/// A diagnosis as lines for a terminal or a file: what is there, what is wrong, what could not be looked at.
struct DiagnosisText {
  var hasColours = false

  func text(_ diagnosis: Diagnosis) -> String {
    var lines: [String] = []
    for section in diagnosis.sections {
      lines.append(bold(section.title))
      lines += Self.table(section.rows).map { "  " + $0 }
      lines.append("")
    }
    for fault in diagnosis.byWeight { lines += self.lines(fault) + [""] }
    if !diagnosis.unseen.isEmpty {
      lines.append(bold("Not looked at"))
      lines += diagnosis.unseen.map { "  " + inert($0) } + [""]
    }
    return (lines + [summary(diagnosis)]).map { $0 + "\n" }.joined()
  }

  private func lines(_ fault: Fault) -> [String] {
    let isWrong = fault.weight == .wrong
    let mark = isWrong ? colour("✖", 31) : colour("▲", 33)
    var lines = [
      "\(mark) \(fault.places.map(inert).joined(separator: "; "))", "  \(bold(inert(fault.what)))",
    ]
    if !fault.why.isEmpty { lines.append("  why: \(inert(fault.why))") }
    for remedy in fault.remedies {
      if remedy.place == .words {
        lines.append("  \(inert(remedy.text))")
      } else {
        lines.append("  \(remedy.heading):")
        lines.append("    " + colour(inert(remedy.text), 32))
      }
    }
    return lines
  }

  private func summary(_ diagnosis: Diagnosis) -> String {
    let wrong = diagnosis.faults.count { $0.weight == .wrong }
    let doubtful = diagnosis.faults.count - wrong
    let words = doubtful == 0 ? "" : ", \(doubtful) to think about"
    return (wrong == 0 ? "nothing is wrong" : wrong == 1 ? "1 thing is wrong" : "\(wrong) things are wrong")
      + words
  }

  /// Cells in columns, the last one as long as it is.
  private static func table(_ rows: [[String]]) -> [String] {
    let rows = rows.map { $0.map(ListingText.inert) }
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.filter { $0.count > column + 1 }.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { index, cell in
        index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count + 2)
      }
      return String(cells.joined().reversed().drop { $0 == " " }.reversed())
    }
  }

  private func inert(_ text: String) -> String { ListingText.inert(text) }
  private func bold(_ text: String) -> String { colour(text, 1) }
  private func colour(_ text: String, _ code: Int) -> String {
    hasColours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
