import MilterProtocol

/// The milter dissector for Wireshark and tshark, a Lua script; names and layouts are printed from our own tables.
package enum WiresharkDissector {
  package static var script: String {
    """
    -- Milter protocol (MTA and mail filter, version 2 to 6) for Wireshark and tshark 3.6 or newer.
    -- Printed by `mitmilter wireshark-dissector`; put it into Wireshark's folder of personal Lua plugins.
    -- Connections are recognised by the OPTNEG at their beginning, or by the port in the preferences.

    local COMMANDS = {
    \(CommandKind.allCases.map { row($0.rawValue, $0.name, layout($0)) }.joined(separator: "\n"))
    }
    local REPLIES = {
    \(ReplyKind.allCases.map { row($0.rawValue, $0.name, layout($0)) }.joined(separator: "\n"))
    }
    local ACTIONS = {
    \(ActionFlags.table.map { bit($0.flag.rawValue, $0.name) }.joined(separator: "\n"))
    }
    local PROTOCOL = {
    \(ProtocolFlags.table.map { bit($0.flag.rawValue, $0.name) }.joined(separator: "\n"))
    }
    local STAGES = { \((UInt32(0)...6).map { "[\($0)] = \"\(OptNeg.SymbolList.stageName($0))\"" }.joined(separator: ", ")) }
    local LARGEST = \(Limits.decodedPayloadBytes)

    \(WiresharkLua.body)
    """
  }

  private static func row(_ code: UInt8, _ name: String, _ layout: String) -> String {
    "  [\"\(Character(UnicodeScalar(code)))\"] = { name = \"\(name)\", layout = \"\(layout)\" },"
  }

  private static func bit(_ mask: UInt32, _ name: String) -> String {
    "  { mask = 0x" + String(mask, radix: 16) + ", name = \"\(name)\" },"
  }

  /// Words that the script reads a payload by: `z:` a string with its NUL, `l:` strings up to the end, `o:` a string that
  /// may be absent, `n:` a number of four bytes, `b:` all bytes to the end; others by a function of that name.
  private static func layout(_ kind: CommandKind) -> String {
    switch kind {
    case .optNeg: "optneg"
    case .macro: "macro"
    case .connect: "connect"
    case .helo: "z:helo.name"
    case .mail: "z:mail.address l:mail.argument"
    case .rcpt: "z:rcpt.address l:rcpt.argument"
    case .header: "z:header.name z:header.value"
    case .body, .bodyEOB: "b:body"
    case .unknown: "z:line"
    case .data, .eoh, .abort, .quit, .quitNC: ""
    }
  }

  private static func layout(_ kind: ReplyKind) -> String {
    switch kind {
    case .optNeg: "optneg"
    case .replyCode: "replycode"
    case .addHeader: "z:header.name z:header.value"
    case .insHeader, .chgHeader: "n:index z:header.name z:header.value"
    case .addRcpt, .delRcpt: "z:rcpt.address"
    case .addRcptPar: "z:rcpt.address o:parameters"
    case .chgFrom: "z:mail.address o:parameters"
    case .replBody: "b:body"
    case .quarantine: "z:reason"
    case .setSymList: "symlist"
    case .continue, .accept, .reject, .tempfail, .discard, .skip, .shutdown, .connFail, .progress: ""
    }
  }
}
