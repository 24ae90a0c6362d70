/// What every script begins with.
enum MiltertestLua {
  static func opening(address: String) -> String {
    """
    -- Sessions recorded by mitmilter, played at a milter: miltertest -s FILE -D socket=inet:8891@127.0.0.1
    -- For miltertest 1.6. It sends any port, and looks at no text of a reply before the end of message, nor at ESMTP
    -- parameters; what else is not as it was stands in front of each session.
    local address = socket or \(address)
    local what = "?"

    local function failed(why)
      mt.echo(what .. ": " .. why)
      error(why)
    end

    local function sent(fault)
      if fault ~= nil then failed(fault) end
    end

    -- A string ends for it at the first NUL, a file does not.
    local function bodybytes(conn, bytes)
      local name = os.tmpname()
      local file = assert(io.open(name, "wb"))
      file:write(bytes)
      file:close()
      local fault = mt.bodyfile(conn, name)
      os.remove(name)
      return fault
    end

    local function replied(conn, letter, command)
      local reply = mt.getreply(conn)
      if reply ~= string.byte(letter) then
        local got = reply > 0 and string.char(reply) or "nothing"
        failed(command .. ": expected the reply " .. letter .. ", there is " .. got)
      end
    end

    local function changed(is_there, name)
      if not is_there then failed("missing or different: " .. name) end
    end

    local function session(number, play)
      what = "connection " .. number
      local conn = mt.connect(address)
      if conn == nil then failed("no connection to " .. address) end
      play(conn)
      mt.echo(what .. " is as it was")
    end

    """
  }
}
