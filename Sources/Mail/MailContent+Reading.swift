import MilterProtocol
import TraceModel

extension MailContent {
  /// Takes a mail apart.
  ///
  /// - Parameter body: of which the beginning is read (``bodyLimit``).
  package init(headers: [Header], body: [UInt8], _ charsets: Charsets) {
    let body = body.count > Self.bodyLimit ? Array(body.prefix(Self.bodyLimit)) : body
    let whole = MIMEPart(headers: headers, body: body)
    let leaves = whole.flattened.map(\.part).filter(\.parts.isEmpty)
    self.init(
      headers: headers, body: body,
      parts: leaves.map { part in
        let decoded = part.decoded(from: body, limit: Self.bodyLimit)
        let text = part.type.isText ? charsets.utf8(decoded.bytes, from: part.type.charset) : nil
        return Part(
          type: part.type.type, name: part.fileName(charsets), size: decoded.bytes.count,
          text: part.type.isText ? text ?? decoded.bytes : nil)
      })
  }
}
