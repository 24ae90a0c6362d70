import MilterProtocol
import Testing
import TraceModel

/// A record and the line it is in format 1. These lines never change; a change needs a new format.
struct RecordRow: Sendable, CustomTestStringConvertible {
  let title: String
  let record: Record
  let line: String

  init(_ title: String, _ microseconds: Int64, _ connection: Int, _ event: Record.Event, _ line: String) {
    self.title = title
    record = Record(time: Moment(microseconds: microseconds), connection: connection, event: event)
    self.line = line
  }

  var testDescription: String { title }

  static let head = TraceHead(
    program: "0.1.0", startedAt: 1_760_000_000_250_001,
    command: ["mitmilter", "proxy", "-w", "a \"b\".mtrace"],
    listen: "inet:8891@127.0.0.1", milter: "unix:/run/filter.sock", negotiation: "transparent")
  static let headLine =
    #"{"mitmilter":1,"program":"0.1.0","started":1760000000.250001,"#
    + #""command":["mitmilter","proxy","-w","a \"b\".mtrace"],"#
    + #""listen":"inet:8891@127.0.0.1","milter":"unix:/run/filter.sock","negotiation":"transparent"}"#

  private static let mail = Packet(code: 0x4D, payload: Array("<a@b>\0SIZE=1\0".utf8), from: .mta)
  private static let reply = Packet(code: 0x63, from: .milter)
  private static let rule = FindingRule(
    id: "X99", severity: .warning, title: "a title", consequence: "", source: "")

  static let all = withoutParts + inParts + ofTheClock + withCauses + shadows + ofTaps

  private static let patience: MTAPatience = {
    var patience = MTAPatience()
    patience.mta = .postfix
    patience.timeouts = MTATimeouts(command: .seconds(30), content: .seconds(300))
    patience[gaveUp: .sendmail] = MTATimeouts(command: .seconds(5), content: .milliseconds(1500))
    return patience
  }()

  /// Who waits how long.
  static let ofTheClock: [RecordRow] = [
    RecordRow(
      "hold, with a client that waits", 1, 1,
      .held(Held(number: 7, cause: .operator, deadline: nil, client: Moment(microseconds: 600_000_001))),
      #"{"k":"hold","t":0.000001,"c":1,"n":7,"by":"operator","client":600.000001}"#),
    RecordRow(
      "open, with what is known of the MTA", 12, 2,
      .opened(Opened(peer: "unix:", local: "unix:/m", milter: nil, patience: patience)),
      #"{"k":"open","t":0.000012,"c":2,"peer":"unix:","local":"unix:/m","mta":"postfix","mta_timeout":"30s,300s","gave_up_sendmail":"5s,1500ms"}"#
    ),
  ]

  /// Of a run with several milters.
  static let ofTaps: [RecordRow] = [
    RecordRow(
      "open, at one of several taps", 12, 2,
      .opened(Opened(peer: "unix:", local: "unix:/m", milter: "unix:/k", tap: "opendkim")),
      #"{"k":"open","t":0.000012,"c":2,"peer":"unix:","local":"unix:/m","milter":"unix:/k","tap":"opendkim"}"#
    )
  ]

  /// What follows from another finding.
  static let withCauses: [RecordRow] = [
    RecordRow(
      "find, a consequence", 1, 1,
      .found(Finding(rule, packet: 9, "late", cause: Finding.Cause(.secondVerdict, packet: 7))),
      #"{"k":"find","t":0.000001,"c":1,"n":9,"id":"X99","severity":"warning","title":"a title","text":"late","parts":[],"cause":"R02","of":7}"#
    ),
    RecordRow(
      "find, a consequence of what is about no packet", 1, 1,
      .found(Finding(rule, packet: nil, "late", cause: Finding.Cause(.milterLeft, packet: nil))),
      #"{"k":"find","t":0.000001,"c":1,"id":"X99","severity":"warning","title":"a title","text":"late","parts":[],"cause":"W05"}"#
    ),
  ]

  /// Those of format 2.
  static let shadows: [RecordRow] = [
    RecordRow(
      "open, of a shadow", 12, 3,
      .opened(Opened(peer: "unix:", local: "unix:/n", milter: "unix:/n", shadowOf: 1)),
      #"{"k":"open","t":0.000012,"c":3,"peer":"unix:","local":"unix:/n","milter":"unix:/n","shadow_of":1}"#)
  ]

  /// Those of the file that is kept as the first versions wrote it.
  static let withoutParts: [RecordRow] = [
    RecordRow(
      "open", 12, 1,
      .opened(Opened(peer: "inet:5000@10.0.0.1", local: "inet:8891@10.0.0.2", milter: "unix:/m")),
      #"{"k":"open","t":0.000012,"c":1,"peer":"inet:5000@10.0.0.1","local":"inet:8891@10.0.0.2","milter":"unix:/m"}"#
    ),
    RecordRow(
      "open, being the milter", 12, 2, .opened(Opened(peer: "unix:", local: "unix:/m", milter: nil)),
      #"{"k":"open","t":0.000012,"c":2,"peer":"unix:","local":"unix:/m"}"#),
    RecordRow(
      "recv, forwarded at once", 3_600_000_001, 1,
      .received(Received(number: 7, packet: mail, forwarded: true)),
      #"{"k":"recv","t":3600.000001,"c":1,"from":"mta","to":"milter","n":7,"raw":"\u0000\u0000\u0000\u000eM<a@b>\u0000SIZE=1\u0000"}"#
    ),
    RecordRow(
      "recv, not forwarded", 2_000_000, 1, .received(Received(number: 8, packet: reply, forwarded: false)),
      #"{"k":"recv","t":2.000000,"c":1,"from":"milter","n":8,"raw":"\u0000\u0000\u0000\u0001c"}"#),
    RecordRow(
      "recv from the milter, forwarded", 2_000_000, 1,
      .received(Received(number: 8, packet: reply, forwarded: true)),
      #"{"k":"recv","t":2.000000,"c":1,"from":"milter","to":"mta","n":8,"raw":"\u0000\u0000\u0000\u0001c"}"#),
    RecordRow(
      "pass", 0, 1, .passed(Passed(sender: .mta, bytes: Array("GET /\r\n".utf8), reason: .foreign)),
      #"{"k":"pass","t":0.000000,"c":1,"from":"mta","why":"foreign","raw":"GET /\r\n"}"#),
    RecordRow(
      "send, unchanged", 1, 1,
      .sent(Sent(leg: .milter, original: 7, number: nil, packet: nil, cause: .operator)),
      #"{"k":"send","t":0.000001,"c":1,"to":"milter","of":7,"by":"operator"}"#),
    RecordRow(
      "send, changed by a rule", 1, 1,
      .sent(Sent(leg: .mta, original: 8, number: nil, packet: reply, cause: .rule("on reply do \"x\""))),
      #"{"k":"send","t":0.000001,"c":1,"to":"mta","of":8,"by":"rule","rule":"on reply do \"x\"","raw":"\u0000\u0000\u0000\u0001c"}"#
    ),
    RecordRow(
      "send, our own", 1, 1,
      .sent(
        Sent(leg: .mta, original: nil, number: 9, packet: reply, cause: .policy(Sentence(others: "default")))),
      #"{"k":"send","t":0.000001,"c":1,"to":"mta","n":9,"by":"policy","policy":"default","raw":"\u0000\u0000\u0000\u0001c"}"#
    ),
    RecordRow(
      "send, odd sender", 1, 1,
      .sent(Sent(leg: .milter, original: 8, number: 9, packet: reply, cause: .timeout)),
      #"{"k":"send","t":0.000001,"c":1,"to":"milter","of":8,"n":9,"by":"timeout","from":"milter","raw":"\u0000\u0000\u0000\u0001c"}"#
    ),
    RecordRow(
      "hold", 1, 1, .held(Held(number: 7, cause: .rule("r"), deadline: Moment(microseconds: 30_000_001))),
      #"{"k":"hold","t":0.000001,"c":1,"n":7,"by":"rule","rule":"r","until":30.000001}"#),
    RecordRow(
      "hold without end", 1, 1, .held(Held(number: 7, cause: .operator, deadline: nil)),
      #"{"k":"hold","t":0.000001,"c":1,"n":7,"by":"operator"}"#),
    RecordRow(
      "release", 1, 1, .released(Released(number: 7, outcome: .answered, cause: .timeout)),
      #"{"k":"release","t":0.000001,"c":1,"n":7,"outcome":"answered","by":"timeout"}"#),
    RecordRow(
      "instr", 1, 1,
      .instructed(
        Instructed(text: "reject", cause: .operator, packet: 7, refusal: Sentence(others: "not here"))),
      #"{"k":"instr","t":0.000001,"c":1,"n":7,"by":"operator","text":"reject","refused":"not here"}"#),
    RecordRow(
      "instr for the whole run", 1, 0,
      .instructed(Instructed(text: "filter mail", cause: .operator, packet: nil, refusal: nil)),
      #"{"k":"instr","t":0.000001,"by":"operator","text":"filter mail"}"#),
    RecordRow(
      "find", 1, 1, .found(Finding(rule, packet: 7, Sentence(others: "expected a, was b"))),
      #"{"k":"find","t":0.000001,"c":1,"n":7,"id":"X99","severity":"warning","title":"a title","text":"expected a, was b"}"#
    ),
    RecordRow(
      "note", -1_500_000, 1,
      .noted(text: Sentence(others: "caf\u{e9} \u{20ac} \u{1f600} \u{7f}"), packet: nil),
      #"{"k":"note","t":-1.500000,"c":1,"text":"caf\u00e9 \u20ac \ud83d\ude00 \u007f"}"#),
    RecordRow(
      "mark", 1, 1, .marked(packet: 7, on: true), #"{"k":"mark","t":0.000001,"c":1,"n":7,"set":true}"#),
    RecordRow(
      "unmark", 1, 1, .marked(packet: 7, on: false), #"{"k":"mark","t":0.000001,"c":1,"n":7,"set":false}"#),
    RecordRow(
      "close", 1, 1, .closed(Closed(leg: .mta, how: .peer)),
      #"{"k":"close","t":0.000001,"c":1,"leg":"mta","how":"peer"}"#),
    RecordRow(
      "close, reset", 1, 1, .closed(Closed(leg: .milter, how: .error("ECONNRESET"))),
      #"{"k":"close","t":0.000001,"c":1,"leg":"milter","how":"error","why":"ECONNRESET"}"#),
    RecordRow(
      "close, unreachable", 1, 1,
      .closed(Closed(leg: .milter, how: .unreachable(Sentence(others: "refused")))),
      #"{"k":"close","t":0.000001,"c":1,"leg":"milter","how":"unreachable","why":"refused"}"#),
    RecordRow(
      "close, ours", 1, 1, .closed(Closed(leg: .mta, how: .ours(Sentence(others: "the milter closed")))),
      #"{"k":"close","t":0.000001,"c":1,"leg":"mta","how":"ours","why":"the milter closed"}"#),
  ]

  /// Those of the file that is kept since sentences have parts.
  static let inParts: [RecordRow] = [
    RecordRow(
      "find, in parts", 1, 1,
      .found(Finding(rule, packet: 7, "'\(wire: Array("a@b\0\u{e9}".utf8))' after packet \(packet: 6)")),
      #"{"k":"find","t":0.000001,"c":1,"n":7,"id":"X99","severity":"warning","title":"a title","text":"'a@b\\x00\u00e9' after packet 6","parts":["'",{"wire":"a@b\u0000\u00c3\u00a9"},"' after packet ",6]}"#
    ),
    RecordRow(
      "instr, refused in parts", 1, 1,
      .instructed(
        Instructed(
          text: "reject", cause: .policy("--default"), packet: 7,
          refusal: "the answer to packet \(packet: 6) first")),
      #"{"k":"instr","t":0.000001,"c":1,"n":7,"by":"policy","policy":"--default","policy_parts":[],"text":"reject","refused":"the answer to packet 6 first","parts":["the answer to packet ",6," first"]}"#
    ),
    RecordRow(
      "note, ours", 1, 1, .noted(text: "matched rule \(others: "caf\u{e9}")", packet: 7),
      #"{"k":"note","t":0.000001,"c":1,"n":7,"text":"matched rule caf\u00e9","parts":["matched rule ",{"others":"caf\u00e9"}]}"#
    ),
    RecordRow(
      "close, ours from end to end", 1, 1, .closed(Closed(leg: .mta, how: .ours("the milter closed"))),
      #"{"k":"close","t":0.000001,"c":1,"leg":"mta","how":"ours","why":"the milter closed","parts":[]}"#),
  ]
}
