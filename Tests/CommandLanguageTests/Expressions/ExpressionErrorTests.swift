import CommandLanguage
import Testing

@Suite struct ExpressionErrorTests {
  static let rows: [(String, String)] = [
    (
      "stge:rcpt and macro:{i}",
      """
      unknown term 'stge'
        stge:rcpt and macro:{i}
        ^^^^ try: stage == rcpt and macro["i"] == "{i}"
      """
    ),
    (
      "rcpt and mail.adress == \"x\"",
      """
      unknown term 'mail.adress'
        rcpt and mail.adress == "x"
                 ^^^^^^^^^^^ try: rcpt and mail.address == "x"
      """
    ),
    (
      "xyzzyplugh",
      """
      unknown term 'xyzzyplugh'
        xyzzyplugh
        ^^^^^^^^^^ try: "xyzzyplugh"
      """
    ),
    (
      "",
      """
      expected a term here
        
        ^ such as 'rcpt' or 'reply.code'
      """
    ),
    (
      "rcpt and",
      """
      expected a term here
        rcpt and
                ^ such as 'rcpt' or 'reply.code'; try: rcpt
      """
    ),
    (
      "rcpt mail",
      """
      expected 'and', 'or' or the end here
        rcpt mail
             ^^^^ try: rcpt and mail
      """
    ),
    (
      "(rcpt or mail",
      """
      '(' without ')'
        (rcpt or mail
        ^ try: (rcpt or mail)
      """
    ),
    (
      "rcpt)",
      """
      expected 'and', 'or' or the end here
        rcpt)
            ^ try: rcpt
      """
    ),
    (
      "rcpt == \"bob\"",
      """
      rcpt is yes or no by itself, there is nothing to compare
        rcpt == "bob"
        ^^^^ try: rcpt.address == "bob"
      """
    ),
    (
      "held == 1",
      """
      held is yes or no by itself, there is nothing to compare
        held == 1
        ^^^^ try: held
      """
    ),
    (
      "rcpt.address = \"bob\"",
      """
      a single '=' compares nothing
        rcpt.address = "bob"
                     ^ try: rcpt.address == "bob"
      """
    ),
    (
      "rcpt & mail",
      """
      expected '&&'
        rcpt & mail
             ^ try: rcpt && mail
      """
    ),
    (
      "rcpt.address == bob",
      """
      rcpt.address is a mail address
        rcpt.address == bob
                        ^^^ expected a text in quotes, not bob; try: rcpt.address == "bob"
      """
    ),
    (
      "rcpt.address > \"bob\"",
      """
      rcpt.address is a mail address
        rcpt.address > "bob"
                     ^ it takes == != contains startswith endswith ~ in; try: rcpt.address == "bob"
      """
    ),
    (
      "message.size > \"5MB\"",
      """
      message.size is a size
        message.size > "5MB"
                       ^^^^^ expected a size such as 5MB, not "5MB"; try: message.size > 5MB
      """
    ),
    (
      "message.size > 5s",
      """
      message.size is a size
        message.size > 5s
                       ^^ expected a size such as 5MB, not 5s; try: message.size > 5MB
      """
    ),
    (
      "took > 500",
      """
      took is a duration
        took > 500
               ^^^ expected a duration such as 500ms, not 500; try: took > 500ms
      """
    ),
    (
      "n > 99999999999999999999",
      """
      n is a number
        n > 99999999999999999999
            ^^^^^^^^^^^^^^^^^^^^ expected a number, not 99999999999999999999; try: n > 100
      """
    ),
    (
      "took >",
      """
      took is a duration
        took >
              ^ expected a duration such as 500ms; try: took > 500ms
      """
    ),
    (
      "time > 25:00",
      """
      time is a time
        time > 25:00
               ^^^^^ expected a time such as 12:04:31, 2026-05-01T12:04Z, or 90s after the start, not 25:00; try: time > 12:04
      """
    ),
    (
      "n in 5",
      """
      'in' wants a list
        n in 5
             ^ such as [1, 2], or a range: 1..9; try: n in [5]
      """
    ),
    (
      "n in 9..5",
      """
      the range ends before it begins
        n in 9..5
             ^^^^ try: n in 5..9
      """
    ),
    (
      "mail.address in [\"a\" \"b\"]",
      """
      expected ',' or ']'
        mail.address in ["a" "b"]
                             ^^^ try: mail.address in ["a", "b"]
      """
    ),
    (
      "mail.address in [\"a\",",
      """
      mail.address is a mail address
        mail.address in ["a",
                             ^ expected a text in quotes; try: mail.address in ["a", "bob@example.net"]
      """
    ),
    (
      "mail.address in 192.0.2.0/24",
      """
      mail.address is a mail address
        mail.address in 192.0.2.0/24
                        ^^^^^^^^^^^^ expected a text in quotes, not 192.0.2.0/24; try: mail.address in ["192.0.2.0/24"]
      """
    ),
    (
      "client.address in 192.0.2.0/33",
      """
      client.address is a network address
        client.address in 192.0.2.0/33
                          ^^^^^^^^^^^^ expected a text in quotes, not 192.0.2.0/33; try: client.address in ["192.0.2.0/33"]
      """
    ),
    (
      "macro == \"i\"",
      """
      macro needs a name in brackets
        macro == "i"
        ^^^^^ try: macro["i"] == "i"
      """
    ),
    (
      "message.header",
      """
      message.header needs a name in brackets
        message.header
        ^^^^^^^^^^^^^^ try: message.header["Subject"]
      """
    ),
    (
      "macro[i] == \"x\"",
      """
      expected a name in quotes, such as macro["i"]
        macro[i] == "x"
              ^ try: macro["i"] == "x"
      """
    ),
    (
      "macro[\"i\" == \"x\"",
      """
      '[' without ']'
        macro["i" == "x"
             ^ try: macro["i"] == "x"
      """
    ),
    (
      "rcpt[\"i\"]",
      """
      rcpt has no index
        rcpt["i"]
        ^^^^ try: macro["i"]
      """
    ),
    (
      "stage == rcp",
      """
      stage is a stage
        stage == rcp
                 ^^^ expected one of optneg connect helo mail rcpt data header eoh body bodyeob unknown, not rcp; try: stage == rcpt
      """
    ),
    (
      "from == client",
      """
      from is a peer
        from == client
        ^^^^ expected mta or milter; try: message.from == "client"
      """
    ),
    (
      "finding >= \"R02\"",
      """
      finding is a finding
        finding >= "R02"
                   ^^^^^ expected note, warning or error, not "R02"; try: finding == "R02"
      """
    ),
    (
      "helo.name == \"unclosed",
      """
      the string has no closing quote
        helo.name == "unclosed
                     ^^^^^^^^^ try: helo.name == "unclosed"
      """
    ),
    (
      "helo.name == \"a\\.b\"",
      """
      unknown escape '\\.' in a string
        helo.name == "a\\.b"
                       ^^ a backslash itself is written \\\\; try: helo.name == "a\\\\.b"
      """
    ),
    (
      "helo.name == \"a\\xg0\"",
      """
      \\x wants two hexadecimal digits
        helo.name == "a\\xg0"
                       ^^^^ try: helo.name == "a\\\\xg0"
      """
    ),
    (
      "helo.name ~ \"a(b\"",
      """
      '(' without ')'
        helo.name ~ "a(b"
                      ^ try: helo.name ~ "a\\(b"
      """
    ),
    (
      "helo.name ~ \"(a)\\1\"",
      """
      back references are not supported: they cannot be searched for in bounded time
        helo.name ~ "(a)\\1"
                        ^^ try: helo.name contains "(a)\\\\1"
      """
    ),
    (
      "helo.name == \"Zürich\" und rcpt",
      """
      expected 'and', 'or' or the end here
        helo.name == "Zürich" und rcpt
                              ^^^ try: helo.name == "Zürich" and rcpt
      """
    ),
    (
      "rcpt\tand §",
      """
      unexpected '§'
        rcpt and §
                 ^ try: rcpt and "§"
      """
    ),
  ]

  @Test(arguments: rows) func aMistakeIsNamedWhereItIs(_ text: String, _ expected: String) {
    do {
      let expression = try Expression(parsing: text)
      Issue.record("parsed as \(expression.text)")
    } catch {
      #expect(error.description == expected)
    }
  }

  @Test func nestingIsBounded() {
    let text = String(repeating: "(", count: 5000) + "rcpt"
    #expect(throws: SyntaxError.self) { try Expression(parsing: text) }
    let nots = String(repeating: "not ", count: 5000) + "rcpt"
    #expect(throws: SyntaxError.self) { try Expression(parsing: nots) }
  }
}
