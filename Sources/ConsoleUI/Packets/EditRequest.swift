import TraceModel

/// A text of a held packet on its way to the operator's editor and back.
package struct EditRequest: Equatable, Sendable {
  package var packet: Int
  /// As the editor is to see it: lines end in LF.
  package var text: [UInt8]
  let target: Target
  /// Lines end in CRLF on the wire.
  private let hasCRLF: Bool
  private let endsLine: Bool

  enum Target: Equatable, Sendable {
    case field(Assignment.Field)
    /// The body of the mail, replaced before its final reply.
    case body
  }

  init(packet: Int, _ target: Target, _ bytes: [UInt8]) {
    self.packet = packet
    self.target = target
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    hasCRLF = lines.count > 1 && lines.dropLast().allSatisfy { $0.last == 0x0D }
    text =
      hasCRLF ? Array(lines.map { $0.last == 0x0D ? $0.dropLast() : $0 }.joined(separator: [0x0A])) : bytes
    endsLine = bytes.last == 0x0A
  }

  /// The same with what the operator made of the text.
  func with(_ text: [UInt8]) -> EditRequest {
    var request = self
    request.text = text
    return request
  }

  /// The bytes for the wire; editors end the last line whether it was or not.
  func bytes(of edited: [UInt8]) -> [UInt8] {
    var lines = edited.split(separator: 0x0A, omittingEmptySubsequences: false)
    if !endsLine, lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
    return Array(lines.joined(separator: hasCRLF ? [0x0D, 0x0A] : [0x0A]))
  }
}
