import Mail
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Two bodies compared part by part.
@Suite struct PartChangesTests {
  private static let headers = [
    Header(name: bytes("Content-Type"), value: bytes("multipart/mixed; boundary=b"))
  ]

  private static func body(_ parts: [String]) -> [UInt8] {
    bytes(parts.map { "--b\n" + $0 + "\n" }.joined() + "--b--\n")
  }

  private static func text(_ words: String) -> String { "Content-Type: text/plain\n\n\(words)" }
  private static func image(_ words: String) -> String { "Content-Type: image/png\n\n\(words)" }

  /// `= 1`, `- 2`, `+ 2`, `~ 1 1`: with the numbers of the parts.
  private func steps(_ old: [String], _ new: [String]) -> [String]? {
    PartChanges(from: (Self.headers, Self.body(old)), to: (Self.headers, Self.body(new)))?.steps.map { step in
      switch step {
      case .kept(let part): "= \(part.number)"
      case .removed(let part): "- \(part.number)"
      case .added(let part): "+ \(part.number)"
      case .changed(let from, let to): "~ \(from.number) \(to.number)"
      }
    }
  }

  @Test func whatGoesAndComesIsTold() {
    let (a, b, c) = (Self.text("one"), Self.image("AAAA"), Self.image("BBBB"))
    #expect(steps([a, b, c], [a, c]) == ["= 1", "- 2", "= 2"])
    #expect(steps([a, b, c, b], [a, c]) == ["= 1", "- 2", "= 2", "- 4"])
    #expect(steps([a, c], [a, b, c]) == ["= 1", "+ 2", "= 3"])
    #expect(steps([a, b, c], [a, Self.image("CCCC"), c]) == ["= 1", "- 2", "+ 2", "= 3"])
    #expect(steps([a, b], [a, b]) == ["= 1", "= 2"])
  }

  /// A footer is another text at the same place; what takes an image's place is not.
  @Test func aTextIsWrittenAnew() {
    let (a, b) = (Self.text("one"), Self.image("AAAA"))
    #expect(steps([a, b], [Self.text("one\nfooter"), b]) == ["~ 1 1", "= 2"])
    #expect(steps([a, b], [a, Self.text("removed")]) == ["= 1", "- 2", "+ 2"])
  }

  @Test func withoutPartsLinesTellMore() {
    let a = Self.body([Self.text("one")])
    #expect(PartChanges(from: ([], bytes("one")), to: ([], bytes("two"))) == nil)
    #expect(PartChanges(from: (Self.headers, a), to: (Self.headers, bytes("two"))) == nil)
    // Only what lies between the parts is another.
    #expect(PartChanges(from: (Self.headers, a), to: (Self.headers, bytes("preamble\n") + a)) == nil)
  }

  @Test(arguments: ["", "SGVsbG8=", "SGVs\r\nbG8=", "SGk", "S", "SGVs=bG8=", "!S G\tk=", "AAAA====BBBB"])
  func theDecodedSizeIsThatOfWhatIsDecoded(text: String) {
    for encoding in TransferEncoding.allCases {
      let content = bytes(text)[...]
      #expect(encoding.decodedCount(of: content) == encoding.decoded(content).bytes.count)
    }
  }
}
