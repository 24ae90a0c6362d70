import Cells
import ConsoleUI
import TestSupport
import Testing

@Suite struct FolderPaneTests {
  private func pane(_ count: Int = 30, _ size: Size = Size(columns: 80, rows: 24)) -> FolderPane {
    FolderPane(
      "/var/tmp/traces",
      (1...count).map {
        FolderPane.Entry(
          name: "mx\($0 < 10 ? "0" : "")\($0).mtrace", kind: $0 == 2 ? "capture, gzip" : "trace",
          bytes: $0 * 1500,
          written: 1_777_636_800)
      }, size: size)
  }

  private func lines(_ pane: FolderPane, _ size: Size = Size(columns: 80, rows: 24)) -> [String] {
    let text = ScreenText(pane.frame(size)).lines
    return Array(text[2..<(2 + size.rows)])
  }

  private func press(_ pane: inout FolderPane, _ keys: String) throws -> FolderPane.Answer {
    var answer = FolderPane.Answer.stay
    for name in keys.split(separator: " ") { answer = pane.press(try #require(Key(name: name))) }
    return answer
  }

  @Test func showsNameSizeTimeAndKind() {
    let lines = lines(pane(2))
    #expect(lines[0] == " mitmilter  /var/tmp/traces  2 files to open")
    #expect(lines[2].split(separator: " ") == ["mx01.mtrace", "1.5", "kB", "2026-05-01", "12:00", "trace"])
    #expect(lines[3].hasSuffix("capture, gzip"))
    #expect(lines[23] == " Enter open  Space mark several  q quit")
    #expect(self.lines(pane(1))[0].hasSuffix("1 file to open"))
  }

  @Test func enterOpensTheSelectedOne() throws {
    var pane = pane()
    #expect(try press(&pane, "j j k Enter") == .open([1]))
    #expect(try press(&pane, "G Enter") == .open([29]))
    #expect(lines(pane).contains { $0.contains("mx30.mtrace") })
    #expect(try press(&pane, "Home Enter") == .open([0]))
  }

  @Test func markedOnesAreOpenedTogether() throws {
    var pane = pane()
    #expect(try press(&pane, "j Space") == .stay)
    #expect(lines(pane)[3].hasPrefix("▌"))
    #expect(try press(&pane, "Space k Enter") == .open([1, 2]))
    #expect(try press(&pane, "k Space Enter") == .open([2]))
  }

  @Test(arguments: ["q", "Q", "Esc", "^C"]) func isLeft(_ key: String) throws {
    var pane = pane()
    #expect(try press(&pane, key) == .leave)
  }

  @Test(arguments: [(40, 10), (10, 3), (1, 1), (200, 60)]) func fitsAnyScreen(_ columns: Int, _ rows: Int)
    throws
  {
    let size = Size(columns: columns, rows: rows)
    var pane = pane(30, size)
    _ = try press(&pane, "G")
    if rows >= 10 { #expect(lines(pane, size).contains { $0.contains("mx30.mtrace") }) }
    #expect(pane.frame(size).size == size)
  }
}
