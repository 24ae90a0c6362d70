import Sending
import Testing

@Suite struct MboxCutterTests {
  /// What comes of a box that comes in pieces of so many bytes.
  private func mails(_ box: String, pieces: Int = 7) -> [String] {
    var cutter = MboxCutter()
    var found: [String] = []
    let all = bytes(box)
    for start in stride(from: 0, to: all.count, by: pieces) {
      cutter.take(Array(all[start..<min(start + pieces, all.count)])) {
        found.append(String(decoding: $0, as: UTF8.self))
      }
    }
    cutter.finish { found.append(String(decoding: $0, as: UTF8.self)) }
    return found
  }

  private static let box =
    "From a@b Thu\nA: 1\n\nbody\n>From me\n>>From him\nFrom the middle\n\nFrom c@d Fri\nB: 2\n\nend"

  @Test(arguments: [1, 2, 3, 7, 1000])
  func eachMailBeginsBehindABlankLine(_ pieces: Int) {
    #expect(
      mails(Self.box, pieces: pieces) == [
        "A: 1\n\nbody\nFrom me\n>From him\nFrom the middle\n", "B: 2\n\nend",
      ])
    #expect(
      mails(Self.box.replacing("\n", with: "\r\n"), pieces: pieces) == [
        "A: 1\r\n\r\nbody\r\nFrom me\r\n>From him\r\nFrom the middle\r\n", "B: 2\r\n\r\nend",
      ])
  }

  @Test func whatHasNoBeginningIsNoMail() {
    #expect(mails("") == [])
    #expect(mails("A: 1\n\nbody\n") == [])
    #expect(mails("From a\n\nFrom b\nX: 1\n\n") == ["", "X: 1\n"])
    #expect(MboxCutter.fits(bytes("From x")) && !MboxCutter.fits(bytes("From: x")))
  }
}
