/// What the dissector does with its tables.
enum WiresharkLua {
  static let body = #"""
    local milter = Proto("milter", "Milter Protocol")
    milter.prefs.port = Pref.uint("TCP port", 0, "A port of milters; 0 to go by the OPTNEG alone")

    local f = {}
    local function field(kind, name, label, ...)
      f[name] = ProtoField[kind]("milter." .. name, label, ...)
    end
    field("string", "from", "From")
    field("string", "name", "Packet")
    field("uint32", "length", "Length", base.DEC)
    field("string", "code", "Code")
    field("uint32", "version", "Version", base.DEC)
    field("uint32", "actions", "Actions", base.HEX)
    field("uint32", "protocol", "Protocol", base.HEX)
    field("uint32", "stage", "Stage", base.DEC, STAGES)
    field("string", "names", "Macro names")
    field("string", "macro.command", "For command")
    field("string", "macro", "Macro")
    field("string", "macro.name", "Name")
    field("string", "macro.value", "Value")
    field("string", "connect.hostname", "Hostname")
    field("string", "connect.family", "Family")
    field("uint16", "connect.port", "Port", base.DEC)
    field("string", "connect.address", "Address")
    field("string", "helo.name", "Name")
    field("string", "mail.address", "Sender")
    field("string", "mail.argument", "Argument")
    field("string", "rcpt.address", "Recipient")
    field("string", "rcpt.argument", "Argument")
    field("string", "parameters", "Parameters")
    field("string", "header.name", "Header name")
    field("string", "header.value", "Header value")
    field("uint32", "index", "Index", base.DEC)
    field("bytes", "body", "Body")
    field("string", "line", "Line")
    field("string", "reason", "Reason")
    field("string", "reply.code", "Reply code")
    field("string", "reply.enhanced", "Enhanced status")
    field("string", "reply.text", "Text")
    field("bytes", "payload", "Payload")
    field("bytes", "surplus", "Surplus")
    local function flags(prefix, table_)
      for _, bit in ipairs(table_) do
        bit.field = prefix .. "." .. bit.name:lower()
        f[bit.field] = ProtoField.bool("milter." .. bit.field, bit.name, 32, nil, bit.mask)
      end
    end
    flags("actions", ACTIONS)
    flags("protocol", PROTOCOL)
    local list = {}
    for _, one in pairs(f) do list[#list + 1] = one end
    milter.fields = list

    local malformed = ProtoExpert.new("milter.malformed", "Malformed milter packet",
      expert.group.MALFORMED, expert.severity.WARN)
    local unusual = ProtoExpert.new("milter.unknown_code", "A code that this sender does not use",
      expert.group.UNDECODED, expert.severity.WARN)
    milter.experts = { malformed, unusual }

    -- By TCP stream: "address:port" of the MTA.
    local mta_end = {}
    local stream_of = Field.new("tcp.stream")
    function milter.init() mta_end = {} end

    local function stream() local found = stream_of(); return found and found.value or 0 end
    local function source(pinfo) return tostring(pinfo.src) .. " " .. pinfo.src_port end

    -- A reader of one packet: `at` goes from the start of the payload to `stop`.
    local Reader = {}
    Reader.__index = Reader

    function Reader:left() return self.stop - self.at end

    function Reader:wrong(why)
      if self.faulty then return end
      self.faulty = true
      self.tree:add_proto_expert_info(malformed, why)
    end

    -- Bytes of a string with its NUL, and the string; to the end of the packet where the NUL is missing.
    function Reader:string()
      local size = 0
      while self.at + size < self.stop and self.tvb(self.at + size, 1):uint() ~= 0 do size = size + 1 end
      local has_nul = self.at + size < self.stop
      if not has_nul then self:wrong(size == 0 and "a string is missing" or "a string without its NUL") end
      local text = size > 0 and self.tvb(self.at, size):string() or ""
      local range = self.tvb(self.at, has_nul and size + 1 or size)
      self.at = self.at + range:len()
      return range, text
    end

    function Reader:z(name)
      if self:left() == 0 then
        self:wrong("a string is missing")
        return ""
      end
      local range, text = self:string()
      self.tree:add(f[name], range, text)
      return text
    end

    function Reader:o(name) if self:left() > 0 then return self:z(name) end end
    function Reader:l(name) while self:left() > 0 do self:z(name) end end

    function Reader:n(name)
      if self:left() < 4 then
        self:wrong("a number is cut short")
        self.at = self.stop
        return nil
      end
      local range = self.tvb(self.at, 4)
      self.at = self.at + 4
      return range:uint(), self.tree:add(f[name], range), range
    end

    function Reader:b(name)
      if self:left() == 0 then return end
      self.tree:add(f[name], self.tvb(self.at, self:left()))
      self.at = self.stop
    end

    function Reader:bits(name, table_)
      local value, item, range = self:n(name)
      if not value then return end
      local set = {}
      for _, bit in ipairs(table_) do
        item:add(f[bit.field], range)
        if math.floor(value / bit.mask) % 2 == 1 then set[#set + 1] = bit.name end
      end
      if #set > 0 then item:append_text(" (" .. table.concat(set, " ") .. ")") end
    end

    function Reader:optneg()
      self:n("version")
      self:bits("actions", ACTIONS)
      self:bits("protocol", PROTOCOL)
      while not self.from_mta and self:left() > 0 do self:symlist() end
    end

    function Reader:symlist()
      if self:n("stage") then self:z("names") end
    end

    function Reader:macro()
      if self:left() == 0 then return self:wrong("the command is missing") end
      self.tree:add(f["macro.command"], self.tvb(self.at, 1))
      self.at = self.at + 1
      while self:left() > 0 do
        local start = self.at
        local name_range, name = self:string()
        local value_range, value
        if self:left() > 0 then value_range, value = self:string() end
        local item = self.tree:add(f["macro"], self.tvb(start, self.at - start), name .. "=" .. (value or ""))
        item:add(f["macro.name"], name_range, name)
        if value_range then item:add(f["macro.value"], value_range, value) end
      end
    end

    function Reader:connect()
      self:z("connect.hostname")
      if self:left() == 0 then return self:wrong("the family is missing") end
      local family = self.tvb(self.at, 1):string()
      self.tree:add(f["connect.family"], self.tvb(self.at, 1))
      self.at = self.at + 1
      if not family:find("[46L]") then return end
      if self:left() < 2 then return self:wrong("the port is cut short") end
      self.tree:add(f["connect.port"], self.tvb(self.at, 2))
      self.at = self.at + 2
      self:z("connect.address")
    end

    local function part(reader, name, from, to)
      if to > from then reader.tree:add(f[name], reader.tvb(from, to - from)) end
    end

    -- Lines of "ddd text" or "ddd-text", the enhanced status code in front of the text.
    function Reader:replycode()
      if self:left() == 0 then return self:wrong("a string is missing") end
      local base_at = self.at
      local range, text = self:string()
      local start = 1
      repeat
        local stop = text:find("[\r\n]", start) or #text + 1
        local line = text:sub(start, stop - 1)
        local at = base_at + start - 1
        part(self, "reply.code", at, at + math.min(3, #line))
        local words = line:sub(5)
        local status = words:match("^[^ ]*")
        local enhanced = status:match("^%d%.%d%d?%d?%.%d%d?%d?$")
        local text_at = at + math.min(4, #line)
        if enhanced then
          part(self, "reply.enhanced", text_at, text_at + #enhanced)
          text_at = math.min(text_at + #enhanced + 1, at + #line)
        end
        local last = stop > #text
        part(self, "reply.text", text_at, at + #line + (last and range:len() - #text or 0))
        start = text:sub(stop, stop + 1) == "\r\n" and stop + 2 or stop + 1
      until start > #text
    end

    local function dissect(tvb, pinfo, root)
      local from_mta = mta_end[stream()] == source(pinfo)
      local size = tvb(0, 4):uint()
      local code = size > 0 and tvb:len() > 4 and tvb(4, 1):string() or ""
      local known = (from_mta and COMMANDS or REPLIES)[code]
      local name = known and known.name
        or (size == 0 and "EMPTY" or string.format("CODE-%02X", tvb(4, 1):uint()))
      local tree = root:add(milter, tvb(0, tvb:len()), "Milter " .. name)
      tree:add(f["from"], from_mta and "mta" or "milter"):set_generated()
      tree:add(f["name"], name):set_generated()
      tree:add(f["length"], tvb(0, 4))
      if size > 0 then tree:add(f["code"], tvb(4, 1)) end
      local reader = setmetatable(
        { tvb = tvb, tree = tree, at = math.min(5, tvb:len()), stop = tvb:len(), from_mta = from_mta }, Reader)
      if known then
        for word in known.layout:gmatch("%S+") do
          local how, field_name = word:match("^(%l):(.*)$")
          if how then reader[how](reader, field_name) else reader[word](reader) end
        end
        if reader:left() > 0 then
          reader:wrong("bytes behind the end")
          reader:b("surplus")
        end
      else
        tree:add_proto_expert_info(unusual)
        reader:b("payload")
      end
      pinfo.cols.protocol = "Milter"
      pinfo.cols.info:append((from_mta and " → " or " ← ") .. name)
      return tvb:len()
    end

    function milter.dissector(tvb, pinfo, root)
      local key = stream()
      if not mta_end[key] and pinfo.dst_port == milter.prefs.port then mta_end[key] = source(pinfo) end
      pinfo.cols.info = ""
      dissect_tcp_pdus(tvb, root, 4, function(piece) return 4 + piece(0, 4):uint() end, dissect)
      return tvb:len()
    end

    -- The MTA begins: OPTNEG, at least 13 bytes, a version that exists.
    milter:register_heuristic("tcp", function(tvb, pinfo, root)
      if tvb:len() < 17 or tvb(4, 1):uint() ~= 0x4F then return false end
      local size, version = tvb(0, 4):uint(), tvb(5, 4):uint()
      if size < 13 or size > LARGEST or version < 2 or version > 100 then return false end
      local key = stream()
      if not mta_end[key] then mta_end[key] = source(pinfo) end
      pinfo.conversation = milter
      milter.dissector(tvb, pinfo, root)
      return true
    end)

    local registered = 0
    function milter.prefs_changed()
      local ports = DissectorTable.get("tcp.port")
      if registered > 0 then ports:remove(registered, milter) end
      registered = milter.prefs.port
      if registered > 0 then ports:add(registered, milter) end
    end
    DissectorTable.get("tcp.port"):add_for_decode_as(milter)
    """#
}
