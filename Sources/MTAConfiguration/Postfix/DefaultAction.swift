/// What Postfix does with mail whose milter cannot be asked (`milter_default_action`; milter8.c, seen with 3.7).
enum DefaultAction: String, CaseIterable {
  case tempfail, reject, accept, quarantine
  /// From 3.10 on.
  case shutdown

  /// What becomes of a client's mail.
  var effect: String {
    switch self {
    case .tempfail: "every client is told to try again later (451 4.7.1)"
    case .reject: "every mail is refused (550 5.5.0)"
    case .accept: "mail passes unfiltered"
    case .quarantine: "mail is taken and put on hold (postqueue -p; postsuper -H lets it go)"
    case .shutdown: "every client is told to try again later and hung up on (421 4.7.1)"
    }
  }

  /// What becomes of local mail: there is no client.
  var localEffect: String {
    switch self {
    case .tempfail, .shutdown: "local mail waits in maildrop"
    case .reject: "local mail comes back to its sender"
    case .accept: "local mail passes unfiltered"
    case .quarantine: "local mail is put on hold"
    }
  }
}
