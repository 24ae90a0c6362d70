import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@testable import TraceFormat

/// What a browser has no say in; the page in a browser is tested in `Tests/Exports/test_html.py`.
@Suite struct HTMLExportTests {
  @Test func whatIsPutIntoMarkupIsText() {
    let hostile = "<a href=\"x\" title='y'>&amp;\u{202e}\u{1b}</a>"
    let escaped =
      #"&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;\u{202e}\x1b&lt;/a&gt;"#
    #expect(("<p>\(hostile)</p>" as Markup).text == "<p>\(escaped)</p>")
    #expect(("<p>\(wire: Array(hostile.utf8))</p>" as Markup).text == "<p>\(escaped)</p>")
    #expect(("\(inert: "a\\<")" as Markup).text == "a\\&lt;")
    let inner: Markup = "<b>\(1)</b>"
    #expect(("<p>\(inner)</p>" as Markup).text == "<p><b>1</b></p>")
  }

  @Test func longTextIsCut() {
    let long = String(repeating: "<", count: 5000)
    #expect(("\(long)" as Markup).text == String(repeating: "&lt;", count: 2000) + "…")
  }

  @Test(arguments: [(connections: 60, mailsEach: 3), (1, 200)])
  func aLongTraceMakesAPageThatSaysWhatIsLeftOut(_ row: (connections: Int, mailsEach: Int)) {
    let source = BusyTrace(connections: row.connections, mailsEach: row.mailsEach)
    var exporter = HTMLExport(ExportInput(source), limitBytes: 1_000_000)
    let page = exporter.all()
    #expect(page.count < 1_100_000)
    let text = String(decoding: page, as: UTF8.self)
    #expect(text.contains("left out to keep the page below 1 MB"))
    #expect(text.hasSuffix("</html>\n"))
    #expect(exporter.remarks.count == 1)
    for (open, close) in [("<section", "</section>"), ("<div", "</div>"), ("<details", "</details>")] {
      #expect(text.split(separator: open).count == text.split(separator: close).count, "\(open)")
    }
  }

  @Test func aFilterChoosesThePackets() throws {
    let source = ExportedPlay.source
    var index = TimelineIndex()
    index.catchUp(with: source)
    let row = try #require(index.messages.last?.mailRow)
    var exporter = HTMLExport(ExportInput(source, rows: [UInt32(row)]))
    let text = String(decoding: exporter.all(), as: UTF8.self)
    #expect(text.split(separator: "<details class=\"p\"").count == 2)
    #expect(text.contains("id=\"p\(index.number(at: row))\""))
  }
}
