import MilterProtocol

/// One SMTP client of the demo and the mails that it sends over one connection.
struct DemoClient: Sendable {
  var hostname: String
  var address: String
  var greeting: String
  var mails: [DemoMail] = []
  /// Something a client or an MTA does wrong, in place of or besides its mails.
  var slip: Slip?

  enum Slip: Sendable {
    /// Says nothing but this: another protocol on the port.
    case words(String)
    /// Leaves in the middle of the last mail, without QUIT.
    case leaves
    /// The string in HELO has no NUL.
    case unterminatedGreeting
  }
}

/// A mail of the demo.
struct DemoMail: Sendable {
  var queueID: String
  var sender: String
  var arguments: [String] = []
  var recipients: [String]
  /// Name and value; a fold is a line feed and white space.
  var headers: [(name: String, value: String)]
  var body: [UInt8]

  /// The chunks in which an MTA passes it on.
  var chunks: [[UInt8]] {
    stride(from: 0, to: body.count, by: Limits.chunkBytes).map { start in
      Array(body[start..<min(start + Limits.chunkBytes, body.count)])
    }
  }
}
