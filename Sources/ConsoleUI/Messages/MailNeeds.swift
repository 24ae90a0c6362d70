import Cells

/// How many columns the values of mails take, the largest seen so far.
struct MailNeeds {
  private(set) var queueID = 10
  private(set) var sender = 12
  private(set) var recipients = 12
  private(set) var outcome = 11

  /// What is longer is cut: nobody's address or id is, and what comes over the wire may have any length.
  private static let most = (queueID: 24, address: 44, outcome: 48)

  /// - Parameter cells: of a row of Messages, in the order of its columns.
  mutating func take(_ cells: [DisplayText]) {
    queueID = max(queueID, min(cells[3].width, Self.most.queueID))
    sender = max(sender, min(cells[4].width, Self.most.address))
    recipients = max(recipients, min(cells[5].width, Self.most.address))
    outcome = max(outcome, min(cells[9].width, Self.most.outcome))
  }
}
