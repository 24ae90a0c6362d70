import CommandLanguage
import TraceModel

/// What comes of a key beside the change in the pane that had it: for the screen to carry out, in order.
enum Response {
  case say(StatusMessage)
  /// Opens the prompt, with this text in it already.
  case ask(Prompt.Purpose, String)
  case choose(Menu)
  case confirm(Question)
  case fillIn(EditForm)
  /// Runs a line as if typed.
  case run(String)
  /// For the selected packet.
  case instruct(Instruction)
  /// A verdict on the mail at the desk.
  case conclude([Instruction])
  case setRules([Rule])
  case arm(Bool)
  /// The lists leave out what is there already, or show it again.
  case clear(Bool)
  /// Goes on with what is to be exported in that format.
  case exportAs(String)
  /// The newest packet no longer takes the selection along.
  case unfollow
  case outside(ConsoleEffect)
  /// The same for several, in order.
  case allOutside([ConsoleEffect])
}

extension [Response] {
  static func refuse(_ words: String) -> [Response] { [.say(StatusMessage(.refused, words))] }
  static func hint(_ words: String) -> [Response] { [.say(StatusMessage(.hint, words))] }
  static func done(_ words: String) -> [Response] { [.say(StatusMessage(.done, words))] }

  static func confirm(_ words: String, _ yes: ConsoleEffect...) -> [Response] {
    [.confirm(Question(words: words, yes: yes))]
  }

  /// Asks first where what would leave is an error; otherwise does it.
  static func confirming(_ effects: [ConsoleEffect], _ remarks: [PacketJudge.Remark]) -> [Response] {
    guard let worst = remarks.first(where: { $0.rule.severity == .error }) else {
      return effects.map { .outside($0) }
    }
    let words = "\(worst.rule.id) \(worst.rule.title). Keep it all the same?"
    return [.confirm(Question(words: words, yes: effects))]
  }
}
