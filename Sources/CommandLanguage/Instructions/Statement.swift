import TraceModel

/// Anything that can be typed at the prompt, given with `-c`, bound to a key or written in a config file.
package enum Statement: Equatable, Sendable {
  /// For a connection: what machines obey and rules may say.
  case instruction(Instruction)
  /// `on EXPRESSION do …`: adds a rule.
  case rule(Rule)
  case console(ConsoleInstruction)
}

/// What the screen and the program do themselves.
package indirect enum ConsoleInstruction: Equatable, Sendable {
  /// For every waiting packet that matches.
  case apply(Expression, [Instruction])
  /// The waiting packet in the operator's editor.
  case edit
  /// nil shows everything.
  case filter(Expression?)
  case search([UInt8])
  case goTo(Int)
  case write(file: String)
  case export(ExportOrder)
  /// A MIME part of the selected mail, from 1.
  case savePart(Int, file: String)
  /// `set NAME VALUE`, where the name is no field of a packet.
  case option(name: String, value: String)
  case bind(key: String, [Statement])
  case unbind(key: String)
  /// The view of rules.
  case rules
  /// All rules at once.
  case arm(Bool)
  /// By its place in the list, from 1.
  case rule(Int, RuleAct)
  /// An act of the screen by its name, as the table of keys knows it; the count if one was given.
  case screen(String, count: Int?)
  case quit

  package enum RuleAct: String, Equatable, Sendable, CaseIterable { case on, off, delete, up, down }
}
