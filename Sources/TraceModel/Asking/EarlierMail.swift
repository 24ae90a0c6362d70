/// The mail of a connection in front of another, as far as expressions ask for it.
package struct EarlierMail: Equatable, Sendable {
  package var sender: [UInt8]?
  /// Those that were not refused.
  package var recipients: [[UInt8]]
  package var queueID: [UInt8]?
  /// What settled it, in the word of the reply: `accept`; nil where nothing did.
  package var verdict: String?
  package var headers: [Field]

  package struct Field: Equatable, Sendable {
    package var name: [UInt8]
    package var value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }

  package init(
    sender: [UInt8]?, recipients: [[UInt8]], queueID: [UInt8]?, verdict: String?, headers: [Field]
  ) {
    self.sender = sender
    self.recipients = recipients
    self.queueID = queueID
    self.verdict = verdict
    self.headers = headers
  }
}
