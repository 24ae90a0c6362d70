import MilterProtocol

extension Speaker {
  /// By the name of a program in the log; nil for one that is none of theirs, which may be a milter.
  package init?(program: String) {
    if program == "postfix" || program.hasPrefix("postfix/") || program.hasPrefix("postfix-") {
      self = .postfix
    } else if ["sendmail", "sm-mta", "sm-msp", "sm-msp-queue", "sendmail-mta", "sendmail-client"].contains(
      program)
    {
      self = .sendmail
    } else {
      return nil
    }
  }
}
