"""A session with every firmware through the in-process UART; prints everything with its time.

Runs on CPython and on MicroPython; see test_on_micropython.py.
"""

import sys

from atsim import firmware
from atsim.broker import Broker
from atsim.clocks import VirtualClock
from atsim.inprocess import SimUART
from atsim.memorynet import MemoryNet
from atsim.module import Module
from atsim.trafficlog import TrafficLog

CONNECT = b"\x10\x0f\x00\x04MQTT\x04\x02\x00<\x00\x03abc"
STEPS = (
    (b"AT\r\n", 50_000),
    (b"ATE0\r\nAT\r\n", 50_000),
    (b"AT+GMR\r\n", 50_000),
    (b"AT+CWMODE=1\r\n", 50_000),
    (b"AT+CWLAP\r\n", 3_000_000),
    (b'AT+CWJAP="no","x"\r\n', 20_000_000),
    (b'AT+CWJAP="home","secret"\r\n', 1_000_000),
    (b"AT\r\n", 10_000_000),
    (b"AT+CIFSR\r\n", 50_000),
    (b'AT+CIPSTART="TCP","broker.local",1883\r\n', 500_000),
    (b"AT+CIPSEND=17\r\n", 50_000),
    (CONNECT, 500_000),
    (b"AT+CIPSENDEX=9\r\n", 50_000),
    (b"\xc0\0\\0", 500_000),
    (b"AT+CIPRECVMODE=1\r\n", 50_000),
    (b"AT+CIPSEND=2\r\n", 50_000),
    (b"\xc0\x00", 500_000),
    (b"AT+CIPRECVDATA=9\r\n", 50_000),
    (b"AT+CIPSTATE?\r\n", 50_000),
    (b"AT+CIPCLOSE\r\n", 50_000),
    (b"A" * 256 + b"AT\r\n", 200_000),
    (b"AT+SYSLOG=1\r\n", 50_000),
    (b"AT+NOSUCH\r\n", 50_000),
    (b"AT+MQTTCONN?\r\n", 50_000),
    (b'AT+MQTTUSERCFG=0,1,"id","","",0,0,""\r\n', 50_000),
    (b'AT+MQTTCONNCFG=0,60,1,"will","gone",1,0\r\n', 50_000),
    (b'AT+MQTTCONN=0,"broker.local",1883,1\r\n', 500_000),
    (b'AT+MQTTSUB=0,"#",2\r\n', 500_000),
    (b'AT+MQTTPUB=0,"t/1","\xc3\xa9\\,",2,1\r\n', 500_000),
    (b'AT+MQTTPUBRAW=0,"t/2",1500,1,0\r\n', 50_000),
    (b"x" * 500, 60_000),
    (b"x" * 500, 60_000),
    (b"x" * 500, 500_000),
    (b"AT+MQTTSUB?\r\n", 50_000),
    (b'AT+MQTTUNSUB=0,"#"\r\n', 500_000),
    (b"AT+MQTTCLEAN=0\r\n", 500_000),
    (b'AT+MQTTUSERCFG=0,6,"id","","",0,0,""\r\n', 50_000),
    (b'AT+MQTTCONN=0,"broker.local",1883,0\r\n', 30_000_000),
    (b"AT+CIPSNTPTIME?\r\n", 50_000),
    (b"AT+UART_CUR=9600,8,1,0,0\r\n", 50_000),
    (b"AT\r\n", 100_000),
    (b"AT+RST\r\n", 5_000_000),
)


def session(name: str) -> None:
    network = MemoryNet()
    network.serve(Broker(), host="broker.local", port=1883)
    module = Module(network, name, ap=[("home", "secret")])
    module.add_tracer(TrafficLog(module, sys.stdout).trace)
    clock = VirtualClock()
    uart = SimUART(module, clock, rxbuf=4096, txbuf=512)
    buffer = bytearray(4096)
    clock.advance(2_000_000)
    for data, us in STEPS:
        uart.write(data)
        clock.advance(us)
        count = uart.readinto(buffer) or 0
        print(name, clock.now_us(), bytes(buffer[:count]))


for firmware_name in firmware.NAMES:
    session(firmware_name)
