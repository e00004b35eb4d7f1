"""Wi-Fi commands: the station, its network and its addresses."""

from atsim.commands import query
from atsim.syntax import EXECUTE, QUERY, SET, Failure

# NonOS AT has most settings twice: X_CUR until the next reset, X_DEF kept in flash
TRANSIENT, STORED = "_CUR", "_DEF"
FACTORY_DNS = ("208.67.222.222", "114.114.114.114", "8.8.8.8")


def quoted(text: str) -> str:
    """An SSID as the module prints it: nothing is escaped."""
    return '"%s"' % text


def label(command):
    """What an answer begins with: the name the host used, e.g. `+CWMODE_CUR:`."""
    return "+%s:" % command.name[3:]


def keep(module, command, **settings):
    """Change settings, for as long as the command's name says."""
    if command.name.endswith(TRANSIENT):
        module.settings.update(settings)
    else:
        module.store(**settings)


def set_mode(module, command):
    """AT+CWMODE=<0 off|1 station|2 access point|3 both>[,<auto-connect>]"""
    mode = command.number(0, 0, 3)
    autoconn = command.number(1, 0, 1) if command.given(1) else 1
    if not mode & 1 and module.station.access_point is not None:
        module.station.leave()
    keep(module, command, cwmode=mode, autoconn=autoconn)


def mode(module, command):
    """AT+CWMODE?"""
    settings = module.flash if command.name.endswith(STORED) else module.settings
    module.write(("%s%d\r\n" % (label(command), settings["cwmode"])).encode())


def _need_station(module):
    if not module.settings["cwmode"] & 1:
        raise Failure()


def scan(module, command):
    """AT+CWLAP"""
    _need_station(module)
    yield module.timing.scan
    for ap in module.access_points:
        if ap.up:
            # authentication 3: WPA2-PSK; cipher 4: CCMP, 0: none
            ecn, cipher = (3, 4) if ap.password else (0, 0)
            fields = (ecn, ap.ssid, ap.rssi, ap.bssid, ap.channel, cipher, cipher)
            text = '+CWLAP:(%d,"%s",%d,"%s",%d,-1,-1,%d,%d,3,0)\r\n' % fields
            module.write(text.encode())


def join(module, command):
    """AT+CWJAP="ssid","password"[,...]"""
    _need_station(module)
    ssid = command.name_text(0)
    password = command.text(1) if command.given(1) else b""
    command.at_most(9)
    module.station.leave()
    module.settings.update(ssid=ssid, password=password)
    return _join(module, command)


def rejoin(module, command):
    """AT+CWJAP: the network stored."""
    _need_station(module)
    if module.settings["ssid"] is None:
        raise Failure()
    module.station.leave()
    return _join(module, command)


def _join(module, command):
    reason = yield from module.station.join()
    if reason is not None:
        module.write(b"+CWJAP:%d\r\n" % reason)
        return module.firmware.join_failed
    settings = module.settings
    keep(module, command, ssid=settings["ssid"], password=settings["password"])


def joined(module, command):
    """AT+CWJAP?"""
    firmware = module.firmware
    ap = module.station.access_point
    if ap is None:
        module.write(firmware.not_joined)
    else:
        fields = (label(command), quoted(ap.ssid), ap.bssid, ap.channel, ap.rssi)
        module.write(('%s%s,"%s",%d,%d' % fields + firmware.join_details + "\r\n").encode())


def leave(module, command):
    """AT+CWQAP"""
    yield module.timing.leave
    module.station.leave()
    yield 5_000


def state(module):
    """AT+CWSTATE?"""
    return "+CWSTATE:%d,%s" % (module.station.state, quoted(module.station.network))


def set_reconnect(module, command):
    """AT+CWRECONNCFG=<interval s>,<count>"""
    interval = command.number(0, 0, 7200)
    count = command.number(1, 0, 1000)
    module.store(reconnect_interval=interval, reconnect_count=count)


def addresses(module, command):
    """AT+CIFSR: the interfaces of the present mode."""
    if module.settings["cwmode"] & 2:
        module.write(b'+CIFSR:APIP,"192.168.4.1"\r\n+CIFSR:APMAC,"24:0a:c4:00:01:11"\r\n')
    if module.settings["cwmode"] & 1:
        fields = (module.station.addresses[0], module.station.mac)
        module.write(('+CIFSR:STAIP,"%s"\r\n+CIFSR:STAMAC,"%s"\r\n' % fields).encode())


def station_ip(module, command):
    """AT+CIPSTA?"""
    head = label(command)
    text = ""
    for name, address in zip(("ip", "gateway", "netmask"), module.station.addresses):
        text += '%s%s:"%s"\r\n' % (head, name, address)
    module.write(text.encode())


def set_station_ip(module, command):
    """AT+CIPSTA="ip"[,"gateway","netmask"]: also turns DHCP off."""
    ip = command.name_text(0)
    gateway = command.name_text(1) if command.given(1) else ip
    netmask = command.name_text(2) if command.given(2) else "255.255.255.0"
    keep(module, command, static_ip=(ip, gateway, netmask))


def set_dhcp(module, command):
    """AT+CWDHCP=<0 off|1 on>,<bit 0 station>"""
    on = command.number(0, 0, 1)
    if command.number(1, 0, 3) & 1 and on:
        module.store(static_ip=None)


def dns(module):
    """AT+CIPDNS?"""
    servers = module.settings["dns"]
    listed = ",".join([quoted(server) for server in servers or FACTORY_DNS])
    return "+CIPDNS:%d,%s" % (servers is not None, listed)


def set_dns(module, command):
    """AT+CIPDNS=<0 factory|1 own>[,"server"...]"""
    if command.number(0, 0, 1):
        module.store(dns=tuple([command.name_text(i) for i in range(1, len(command.arguments))]))
    else:
        module.store(dns=None)


def set_hostname(module, command):
    """AT+CWHOSTNAME="name" """
    module.store(hostname=command.name_text(0))


def set_autoconn(module, command):
    """AT+CWAUTOCONN=<0|1>: always saved."""
    module.flash["autoconn"] = module.settings["autoconn"] = command.number(0, 0, 1)


COMMANDS = {
    "AT+CWINIT": {
        QUERY: query(lambda m: "+CWINIT:%d" % m.volatile.get("cwinit", 1)),
        SET: lambda m, command: m.volatile.update(cwinit=command.number(0, 0, 1)),
    },
    "AT+CWMODE": {QUERY: mode, SET: set_mode},
    "AT+CWLAP": {EXECUTE: scan},
    "AT+CWJAP": {QUERY: joined, SET: join, EXECUTE: rejoin},
    "AT+CWQAP": {EXECUTE: leave},
    "AT+CWSTATE": {QUERY: query(state)},
    "AT+CWRECONNCFG": {
        QUERY: query(
            lambda m: (
                "+CWRECONNCFG:%d,%d"
                % (m.settings["reconnect_interval"], m.settings["reconnect_count"])
            )
        ),
        SET: set_reconnect,
    },
    "AT+CWAUTOCONN": {
        QUERY: query(lambda m: "+CWAUTOCONN:%d" % m.settings["autoconn"]),
        SET: set_autoconn,
    },
    "AT+CWHOSTNAME": {
        QUERY: query(lambda m: "+CWHOSTNAME:" + m.settings["hostname"]),
        SET: set_hostname,
    },
    "AT+CWDHCP": {SET: set_dhcp},
    "AT+CIFSR": {EXECUTE: addresses},
    "AT+CIPSTA": {QUERY: station_ip, SET: set_station_ip},
    "AT+CIPDNS": {QUERY: query(dns), SET: set_dns},
}
