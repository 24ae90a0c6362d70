import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

@Suite struct ReportExportTests {
  /// What would be something else than text if it got out of its code.
  private static let hostile = [
    "` @someone #1 https://evil.example/ `", "``` \n```\n# heading", "a | b | c", "<script>alert(1)</script>",
    "</details><img src=x onerror=alert(1)>", "[link](https://evil.example) ![x](y)", "\\| \\` |`|",
    "\u{202e}txt.exe", "`", " ` ",
  ]

  private func report(_ records: [Record], isRedacted: Bool = false) -> String {
    var exporter = ExportFormat.report.exporter(
      ExportInput(
        MemoryRecords(
          records, head: TraceHead(program: Self.hostile[0], startedAt: 0, command: Self.hostile)),
        isRedacted: isRedacted))
    return String(decoding: exporter.all(), as: UTF8.self)
  }

  @Test func hostileTextStaysInCode() {
    var play = Recording()
    play.greet()
    play.mail(
      from: Self.hostile[0], to: Self.hostile, headers: Self.hostile.map { ($0, $0) }, body: Self.hostile,
      id: Self.hostile[0])
    play.milter(Milter.replBody(Self.hostile.joined(separator: "\r\n")))
    for text in Self.hostile { play.milter(Milter.addHeader(text, text), Milter.addRcpt(text)) }
    play.milter(Milter.quarantine(Self.hostile[1]))
    play.append(
      .found(Finding(.delRcptUnknown, packet: play.packet, Sentence(others: Self.hostile.joined()))))
    play.milter(Milter.accept)
    let report = report(play.records)
    var fence = ""
    var isInCode = false
    var opened = 0
    var closed = 0
    for line in report.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        let ticks = String(line.prefix { $0 == "`" })
        if fence.isEmpty { fence = ticks } else if ticks == line, ticks.count >= fence.count { fence = "" }
        isInCode.toggle()
        continue
      }
      guard fence.isEmpty else { continue }
      let bare = Self.withoutCode(line)
      opened += bare.components("<details>")
      closed += bare.components("</details>")
      for sign in ["<script", "<img", "@someone", "evil.example", "#1", "](", "`"] {
        #expect(!bare.contains(sign), "\(line)")
      }
      if line.hasPrefix("|") {
        // So many bars have the tables; a bar of the text has a backslash, also in code.
        let bars = Self.bars(line)
        #expect([3, 5, 6, 7, 8].contains(bars), "\(bars): \(line)")
      }
    }
    #expect(fence.isEmpty)
    #expect(!isInCode)
    #expect(opened == closed)
    #expect(!report.contains("\u{202e}"))
  }

  @Test func aLongTraceMakesAReportThatSaysWhatIsLeftOut() {
    let source = BusyTrace(connections: 60)
    var exporter = ExportFormat.report.exporter(ExportInput(source))
    let report = exporter.all()
    #expect(report.count < ReportExport.limitBytes)
    #expect(String(decoding: report, as: UTF8.self).contains("left out** to stay below 60 KB"))
    #expect(exporter.remarks.count == 1)
  }

  /// Traces of earlier versions have its first line in the bytes that passed alone.
  @Test func aPeerThatSpeaksAnotherProtocolIsQuoted() {
    var play = Recording()
    play.open()
    play.append(
      .passed(Passed(sender: .mta, bytes: Array("GET /`x` HTTP/1.0\r\nHost: a\r\n".utf8), reason: .foreign)))
    play.append(.found(Finding(.notMilter, packet: nil, "an HTTP client speaks here")))
    play.append(.passed(Passed(sender: .mta, bytes: Array("more\r\n".utf8), reason: .foreign)))
    let lines = report(play.records).split(separator: "\n").filter { $0.contains("speaks another protocol") }
    #expect(lines == ["The MTA's end speaks another protocol: ``GET /`x` HTTP/1.0``."])
  }

  @Test func itSaysWhetherItIsRedacted() {
    var play = Recording()
    play.greet()
    #expect(report(play.records).contains("**Not redacted**"))
    #expect(report(play.records, isRedacted: true).contains("are pseudonyms of the same shape"))
  }

  /// The line without its code spans, as CommonMark takes them: from a run of ticks to the next run as long.
  private static func withoutCode(_ line: Substring) -> String {
    var rest = line
    var bare = ""
    while let open = rest.firstIndex(of: "`") {
      bare += rest[..<open]
      let ticks = rest[open...].prefix { $0 == "`" }
      rest = rest[ticks.endIndex...]
      var search = rest
      var isClosed = false
      while let next = search.firstIndex(of: "`") {
        let run = search[next...].prefix { $0 == "`" }
        search = search[run.endIndex...]
        if run.count == ticks.count {
          rest = search
          isClosed = true
          break
        }
      }
      if !isClosed { bare += ticks }
    }
    return bare + rest
  }

  /// Bars that part cells: a backslash in front takes one out, whatever stands before that.
  private static func bars(_ line: Substring) -> Int {
    var count = 0
    var last: Character = " "
    for character in line {
      if character == "|", last != "\\" { count += 1 }
      last = character
    }
    return count
  }
}

extension String {
  fileprivate func components(_ part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let found = rest.range(of: part) {
      count += 1
      rest = rest[found.upperBound...]
    }
    return count
  }
}
