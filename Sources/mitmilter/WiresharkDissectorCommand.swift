import ArgumentParser
import Glibc
import TraceFormat

struct WiresharkDissectorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wireshark-dissector",
    abstract: "Print a Lua script with which Wireshark and tshark decode milter.",
    discussion: """
      mitmilter wireshark-dissector > ~/.local/lib/wireshark/plugins/milter.lua
      tshark -X lua_script:milter.lua -r capture.pcapng -Y 'milter.rcpt.address contains "bob"'
      """)

  func run() {
    signal(SIGPIPE, SIG_IGN)
    let output = Output()
    output.write(WiresharkDissector.script + "\n")
    output.flush()
  }
}
