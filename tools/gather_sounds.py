"""Gather sounds that are music and sounds that are not, from Debian packages and from mathematics.

    python tools/gather_sounds.py OUT_DIR
    python tools/gather_sounds.py OUT_DIR --only lugaru-data synthetic

Needs a Debian system: `apt-get download` fetches the packages, nothing is installed. The programs espeak-ng (speech in
many languages) and fluidsynth (MIDI files to sound) must be there; their packages have the same names.
Writes OUT_DIR/clips/KIND/SOURCE_N.flac (22.05 kHz, mono, 3..20 s) and OUT_DIR/clips.csv. The same packages give the
same clips. Nothing of OUT_DIR belongs in the repository: each package has its own licence.
"""

import argparse
import csv
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections import defaultdict
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import soundfile
import soxr
from synthetic_sounds import BACKGROUNDS, GENERATORS, SAMPLE_RATE

MIN_S, MAX_S = 5.0, 20.0  # length of a piece cut from a long recording
NATURAL_S = 3.0  # a shorter recording is only used joined with others of its source
JOINED_S = 4.0  # the shortest joined or looped clip
LONGEST_S = 200.0  # no more of a recording is decoded: its pieces are spread over this part
QUIET_DBFS = -50.0  # a clip below this level is left out: it would teach silence
FILLED = 0.6  # and so is a piece of which less than this share is louder
COPIES = 7  # clips of each synthetic generator
SOUNDFONT = "timgm6mb-soundfont"


class Row(NamedTuple):
    """Files of one package that become clips.

    `how`: cut (pieces of each file), join (short files one after the other), loop (each file repeated), midi.
    `source`: the group that cross-validation keeps together; {package}, {parent}, {stem} and {start} (the name up to
    the first dash, dot or underscore) are filled in. `pieces`: at most so many of a file. `most`: of the whole row.
    """

    package: str
    pattern: str
    kind: str
    how: str = "cut"
    source: str = "{package}"
    pieces: int = 3
    most: int = 14


NOT_MUSIC = (
    # Speech: a row a package, a source a speaker.
    Row("asterisk-core-sounds-en-g722", "*/en_US_f_Allison/[a-z]*.g722", "speech", "join", "asterisk-allison", most=8),
    Row("asterisk-core-sounds-es-g722", "*/es_MX_f_Allison/[c-z]*.g722", "speech", "join", "asterisk-allison", most=8),
    Row("asterisk-core-sounds-fr-g722", "*/fr_CA_f_June/[b-z]*.g722", "speech", "join", "asterisk-june", most=10),
    Row("asterisk-core-sounds-it-g722", "*/it_IT_m_Carlo/[b-z]*.g722", "speech", "join", "asterisk-carlo", most=10),
    Row("asterisk-core-sounds-ru-g722", "*/ru_RU_f_*/[b-z]*.g722", "speech", "join", "asterisk-ivrvoice", most=10),
    Row("hedgewars-data", "*/voices/[!S]*/[!O]*.ogg", "speech", "join", "hedgewars-{parent}", most=3),
    Row("hedgewars-data", "*/voices/Surfer/[!O]*.ogg", "speech", "join", "hedgewars-Surfer", most=3),
    Row("fillets-ng-data-cs", "*/cs/*-m-*.ogg", "speech", "join", "fillets-cs", most=6),
    Row("fillets-ng-data-cs", "*/cs/*-v-*.ogg", "speech", "join", "fillets-cs", most=6),
    Row("fillets-ng-data-cs", "*/briefcase/cs/*.ogg", "speech", "join", "fillets-cs", most=4),
    Row("fillets-ng-data-nl", "*/nl/*-m-*.ogg", "speech", "join", "fillets-nl", most=6),
    Row("fillets-ng-data-nl", "*/nl/*-v-*.ogg", "speech", "join", "fillets-nl", most=6),
    Row("fillets-ng-data", "*/elk/en/deu-*.ogg", "speech", "join", "fillets-elk", most=5),
    Row("freedroidrpg-data", "*/voice_samples/*.ogg", "speech", "join", "freedroidrpg-bots", most=8),
    Row("freedroidrpg-data", "*/tux_ingame_comments/*.ogg", "speech", "join", "freedroidrpg-tux", most=2),
    Row("boswars-data", "*/tutorial/level*.wav", "speech", source="boswars-narrator"),
    Row("boswars-data", "*/units/*/*ready.wav", "speech", "join", source="boswars-narrator", most=4),
    Row("openarena-data", "*/festivoxmale/*.ogg", "speech", "join", "openarena-festival", most=6),
    Row("trigger-rally-data", "*/codriver/*/*.wav", "speech", "join", "trigger-rally-{parent}", most=5),
    Row("klettres-data", "*/klettres/*/alpha/*.ogg", "speech", "join", "klettres", most=14),
    Row("supertux-data", "*/speech/tux_upset.ogg", "speech", source="supertux-tux"),
    Row("crrcsim-data", "*/f3f/*/*.wav", "speech", "join", "crrcsim-{parent}", most=3),
    Row("netpanzer-data", "*/sound/{move,target}_*.wav", "speech", "join", "netpanzer-voices", most=4),
    Row("marsshooter-data", "*/announcer/*.wav", "speech", "join", "marsshooter-announcer", most=1),
    # Weather, water, fire and places.
    Row("megaglest-data", "*/tilesets/*/sounds/rain.*", "nature", source="megaglest-rain"),
    Row("megaglest-data", "*/tilesets/winter/sounds/wind.ogg", "nature", source="megaglest-wind"),
    Row("megaglest-data", "*/tilesets/[!hw]*/sounds/{*day,night*}.ogg", "nature", source="megaglest-places", most=24),
    Row("lugaru-data", "*/Sounds/DesertAmbient.ogg", "nature", source="lugaru-weather"),
    Row("lugaru-data", "*/Sounds/Wind.ogg", "nature", source="lugaru-weather"),
    Row("scorched3d-data", "*/misc/rain.wav", "nature", source="scorched3d-weather"),
    Row("scorched3d-data", "*/misc/thunder*.wav", "nature", "join", "scorched3d-weather"),
    Row("scorched3d-data", "*/misc/oceanwaves.wav", "nature", source="scorched3d-ocean", pieces=4),
    Row("scorched3d-data", "*/misc/lava2.wav", "nature", source="scorched3d-lava"),
    Row("scorched3d-data", "*/misc/birds?.wav", "animals", source="scorched3d-birds", pieces=4),
    Row("scorched3d-data", "*/misc/frogs.wav", "animals", source="scorched3d-frogs", pieces=4),
    Row(
        "scorched3d-data",
        "*/misc/{cows,dog*,moo,rooster,sheep,wolf,gull*,bats*}.wav",
        "animals",
        "join",
        "scorched3d-animals",
        most=4,
    ),
    Row("7kaa-data", "*/SOUND/*.WAV", "nature", source="7kaa"),
    Row("minetest-data", "*/env_sounds_*.ogg", "nature", source="minetest-water"),
    Row("minetest-data", "*/fire_{fire,large,small}*.ogg", "nature", source="minetest-fire"),
    Row("plee-the-bear-data", "*/weather/rain.ogg", "nature", source="plee-rain"),
    Row("lincity-ng-data", "*/sounds/{Green,OrganicFarm,Farm}*.wav", "nature", source="lincity-nature", most=8),
    Row("lincity-ng-data", "*/sounds/Parkland*.wav", "nature", source="lincity-nature", most=5),
    Row("lincity-ng-data", "*/sounds/Water*.wav", "nature", source="lincity-water", most=5),
    Row("lincity-ng-data", "*/sounds/Fire[0-9]*.wav", "nature", source="lincity-fire", most=3),
    Row("ufoai-sound", "*/ambience/*fire*.ogg", "nature", source="ufoai-fire", most=8),
    Row(
        "ufoai-sound",
        "*/ambience/{arcticwind,water*,wind_turbine,sand-city}.ogg",
        "nature",
        source="ufoai-weather",
        most=8,
    ),
    Row("ufoai-sound", "*/ambience/thunder*.ogg", "nature", source="ufoai-weather", most=3),
    Row(
        "openarena-data",
        "*/world/{demonwind,fire,firesoft,wind,drops}*.wav",
        "nature",
        source="openarena-weather",
        most=6,
    ),
    Row("btanks-data", "*/ambient/{city,country,forest,swamp}.ogg", "nature", source="btanks-{stem}", pieces=4),
    Row("trigger-rally-data", "*/sounds/{gravel,wind}.wav", "nature", "loop", "trigger-rally-wind"),
    Row("brainparty-data", "*/bubble.wav", "nature", "loop"),
    Row("caveexpress-data", "*/sounds/cave?.ogg", "nature"),
    # Animals.
    Row("widelands-data", "*/animals/bird*.ogg", "animals", "join", "widelands-birds", most=5),
    Row(
        "widelands-data",
        "*/animals/{coyote,crickets,frog,moose,stag,wolf}*.ogg",
        "animals",
        source="widelands-{start}",
        pieces=3,
        most=14,
    ),
    Row("widelands-data", "*/sound/farm/*.ogg", "animals", "join", "widelands-farm", most=3),
    Row("megaglest-data", "*/sheep/sounds/*.wav", "animals", "join", "megaglest-animals", most=2),
    Row("megaglest-data", "*/elephant/sounds/*.wav", "animals", "join", "megaglest-animals", most=2),
    Row("megaglest-data", "*/wild_sow/sounds/*.wav", "animals", "join", "megaglest-animals", most=2),
    Row("lugaru-data", "*/Sounds/{Bark,Growl,Snarl,Rabbit,Hawk}*.ogg", "animals", "join", "lugaru-animals", most=4),
    Row("berusky2-data", "*/sound/{Crow,Krysa}*.wav", "animals", "join", "berusky2-animals", most=2),
    # People, many at once.
    Row("etw-data", "*/crowd/crowd*.wav", "crowd", source="etw-crowd", most=17),
    Row("lmms-common", "*/misc/raving_crowd01.ogg", "crowd"),
    Row("lmms-common", "*/misc/applause01.ogg", "crowd", "loop"),
    Row("foobillardplus-data", "*/applause.wav", "crowd"),
    Row("frozen-bubble-data", "*/applause.ogg", "crowd", "loop"),
    Row("dustracing2d-data", "*/cheering.ogg", "crowd"),
    Row("tuxmath-data", "*/cheer.wav", "crowd"),
    Row("scorched3d-data", "*/misc/cheeringloop.wav", "crowd", source="scorched3d-crowd"),
    Row("lincity-ng-data", "*/sounds/{Market,SportsCroud,University}*.wav", "crowd", source="lincity-crowd", most=9),
    Row("scorched3d-data", "*/misc/scream*.wav", "crowd", "join", "scorched3d-screams", most=2),
    # Engines, vehicles and machines.
    Row("searchandrescue-data", "*/helicopter_*.wav", "engine", source="searchandrescue-helicopter", most=8),
    Row("searchandrescue-data", "*/hh6?/*.wav", "engine", source="searchandrescue-helicopter", most=8),
    Row("searchandrescue-data", "*/jet_*.wav", "engine", source="searchandrescue-jet", most=8),
    Row("searchandrescue-data", "*/{flap,gear}_*.wav", "machine", source="searchandrescue-jet", most=4),
    Row(
        "scorched3d-data",
        "*/misc/{apache,f16,f18,helicopter,jet}*.wav",
        "engine",
        source="scorched3d-aircraft",
        most=10,
    ),
    Row("scorched3d-data", "*/movement/*.wav", "engine", source="scorched3d-tank", most=4),
    Row("scorched3d-data", "*/misc/factoryloop1.wav", "machine", source="scorched3d-factory"),
    Row("scorched3d-data", "*/misc/citysounds.wav", "engine", source="scorched3d-city"),
    Row("btanks-data", "*/sounds/{engine*,helicopter,tank-move,train}.ogg", "engine", "loop", "btanks-engines", most=5),
    Row("btanks-data", "*/sounds/{submarine,vehicle-sound}.ogg", "engine", "loop", "btanks-engines", most=5),
    Row("netpanzer-data", "*/sound/{tankidle,unitsound}*.wav", "engine", "loop", "netpanzer-tanks", most=4),
    Row("netpanzer-data", "*/sound/hev*.wav", "engine", "loop", "netpanzer-tanks", most=3),
    Row("dustracing2d-data", "*/carEngine.ogg", "engine", "loop", "dustracing2d-car"),
    Row("trigger-rally-data", "*/sounds/engine.wav", "engine", "loop", "trigger-rally-engine"),
    Row("tuxmath-data", "*/engine.wav", "engine", "loop"),
    Row("crrcsim-data", "*/sounds/*.wav", "engine", "loop", "crrcsim-motors", most=3),
    Row("fillets-ng-data", "*/mot-x-motor.ogg", "engine", "loop", "fillets-effects"),
    Row("gl-117-data", "*/plane1.wav", "engine", "loop"),
    Row("warmux-data", "*/aircraft_*.ogg", "engine", source="warmux-aircraft"),
    Row("berusky2-data", "*/sound/Auto*.wav", "engine", source="berusky2-effects"),
    Row("ufoai-sound", "*/ambience/*machinery*.ogg", "machine", source="ufoai-machines", most=8),
    Row(
        "ufoai-sound",
        "*/ambience/{alien-*,alien_engine,engine_*,hum2,minepump03,steam}.ogg",
        "machine",
        source="ufoai-machines",
        most=5,
    ),
    Row("ufoai-sound", "*/ugv/*.ogg", "engine", source="ufoai-vehicles", most=3),
    Row("endless-sky-data", "*/machinery.mp3", "machine", source="endless-sky-machinery", pieces=4),
    Row("endless-sky-data", "*~.wav", "engine", "loop", "endless-sky-engines", most=14),
    Row(
        "lincity-ng-data",
        "*/sounds/{Industry,Mill,OreMine,CoalMine,Power,Recycle,Raze}*.wav",
        "machine",
        source="lincity-machines",
        most=14,
    ),
    Row("lincity-ng-data", "*/sounds/{Trafic,DirtTrack}*.wav", "engine", source="lincity-traffic", most=9),
    Row("lincity-ng-data", "*/sounds/WindMill*.wav", "machine", source="lincity-windmills", most=5),
    Row("lincity-ng-data", "*/sounds/Rail*.wav", "engine", source="lincity-traffic", most=3),
    Row("lincity-ng-data", "*/sounds/Blacksmith*.wav", "machine", source="lincity-smith", most=3),
    Row("widelands-data", "*/saw/*.ogg", "machine", source="widelands-saw", pieces=2, most=8),
    Row("widelands-data", "*/mill/*.ogg", "machine", source="widelands-mill", most=4),
    Row("widelands-data", "*/smiths/*.ogg", "machine", source="widelands-smith", most=6),
    Row("widelands-data", "*/woodcutting/*.ogg", "machine", source="widelands-wood", most=6),
    Row(
        "openarena-data",
        "*/world/{fan4,machinerydrone02}.wav",
        "machine",
        "loop",
        "openarena-machines",
        most=4,
    ),
    # Alarms, telephones and interface sounds.
    Row("scorched3d-data", "*/misc/{firetruck,policecar}.wav", "alarm", source="scorched3d-sirens"),
    Row("scorched3d-data", "*/misc/carhorn*.wav", "alarm", "join", "scorched3d-sirens", most=2),
    Row("scorched3d-data", "*/misc/beep*.wav", "alarm", "loop", source="scorched3d-beeps"),
    Row("lincity-ng-data", "*/sounds/FireStation*.wav", "alarm", source="lincity-sirens", most=3),
    Row("lincity-ng-data", "*/sounds/Health*.wav", "alarm", source="lincity-sirens", most=5),
    Row("alienblaster-data", "*/alarm.wav", "alarm"),
    Row("endless-sky-data", "*/alarm.wav", "alarm", "loop", "endless-sky-alarm"),
    Row("lugaru-data", "*/Sounds/Alarm.ogg", "alarm", "loop", "lugaru-alarm"),
    Row("wordwarvi-sound", "*/missile_alarm*.ogg", "alarm", "loop", "wordwarvi-effects"),
    Row("tuxmath-data", "*/alarm.wav", "alarm", "loop"),
    Row("tuxtype-data", "*/buzz.wav", "alarm", "loop", "tuxmath-data"),
    Row("ufoai-sound", "*/geoscape/basealert.ogg", "alarm", "loop", "ufoai-alert"),
    Row("fillets-ng-data", "*/steel-x-redalert.ogg", "alarm", "loop", "fillets-effects"),
    Row("fillets-ng-data", "*/bat-t-*.ogg", "alarm", "loop", "fillets-effects"),
    Row("supertux-data", "*/sounds/phone.wav", "alarm", "loop", source="supertux-phone"),
    Row("btanks-data", "*/sounds/klaxon*.ogg", "alarm", "join", "btanks-effects"),
    Row("sound-theme-freedesktop", "*/phone-*.oga", "alarm", "loop"),
    Row("sound-theme-freedesktop", "*/alarm-clock-elapsed.oga", "alarm", "loop"),
    Row("sound-theme-freedesktop", "*/audio-test-signal.oga", "alarm", "loop"),
    Row("gnome-audio", "*/phone.wav", "alarm", "loop"),
    Row("lomiri-sounds", "*/ringtones/Alarm clock.ogg", "alarm"),
    Row("dustracing2d-data", "*/bell.ogg", "alarm", source="dustracing2d-bell"),
    Row("psi-plus-sounds", "*.wav", "interface", "join", most=2),
    Row("eiskaltdcpp-sounds", "*.wav", "interface", "join", most=1),
    Row("teeworlds-data", "*/sfx_*.wv", "interface", "join", "teeworlds-effects", most=3),
    Row("hedgewars-data", "*/Data/Sounds/[a-z]*.ogg", "effects", "join", "hedgewars-effects", most=6),
    # Blows, shots, steps, keys and doors.
    Row("bucklespring-data", "*/wav/*.wav", "typing", "join", most=6),
    Row("fillets-ng-data", "*/linux/en/*.ogg", "typing", "join", "fillets-typing", most=2),
    Row("lugaru-data", "*/Sounds/FootStep*.ogg", "steps", "join", "lugaru-steps", most=2),
    Row("minetest-data", "*/default_*footstep*.ogg", "steps", "join", "minetest-steps", most=4),
    Row("teeworlds-data", "*/foley_*.wv", "steps", "join", "teeworlds-effects", most=3),
    Row("minetest-data", "*/default_{dig,dug}*.ogg", "effects", "join", "minetest-digging", most=3),
    Row("minetest-data", "*/*door*.ogg", "doors", "join", "minetest-doors", most=2),
    Row("searchandrescue-data", "*/{door,thud}_*.wav", "doors", "join", "searchandrescue-doors", most=2),
    Row(
        "lugaru-data",
        "*/Sounds/{Clank,Claw,Heavy,Knife,Land,MetalHit,Staff,Sword,Thud,Whoosh}*.ogg",
        "effects",
        "join",
        "lugaru-fight",
        most=5,
    ),
    Row("wordwarvi-sound", "*/*bang*.ogg", "effects", "join", "wordwarvi-effects", most=2),
    Row(
        "wordwarvi-sound",
        "*/{*explosion,flak*,jetwash,rocket*,synthetic*,toyota*}.ogg",
        "effects",
        "join",
        "wordwarvi-effects",
        most=3,
    ),
    Row(
        "warmux-data",
        "*/weapons/{explosion,embers,gun,mine,flame,blowtorch,airhammer,anvil}*.ogg",
        "effects",
        "join",
        "warmux-weapons",
        most=4,
    ),
    Row("starfighter-data", "*/sound/*.ogg", "effects", "join", "starfighter-effects", most=6),
    Row("netpanzer-data", "*/sound/{hit,battle,expl,miss}_*.wav", "effects", "join", "netpanzer-battle", most=4),
    Row("netpanzer-data", "*/sound/*fire.wav", "effects", "join", "netpanzer-battle", most=3),
    Row("ufoai-sound", "*/misc/break*.ogg", "effects", "join", "ufoai-breaking", most=5),
    Row("ufoai-sound", "*/weapons/*.ogg", "effects", "join", "ufoai-weapons", most=6),
    Row(
        "btanks-data",
        "*/sounds/{*explosion*,cannon*,*missile,fire,shot,man-steps}.ogg",
        "effects",
        "join",
        "btanks-effects",
        most=5,
    ),
    Row(
        "bzflag-data",
        "*/{boom,burrow,explosion,fire,jump,land,laser,missile,shock,steamroller}.wav",
        "effects",
        "join",
        "bzflag-effects",
        most=3,
    ),
    Row("scorched3d-data", "*/explosions/*.wav", "effects", "join", "scorched3d-explosions", most=5),
    Row("scorched3d-data", "*/shoot/*.wav", "effects", "join", "scorched3d-explosions", most=3),
    Row("openarena-data", "*/sound/weapons/*/*.wav", "effects", "join", "openarena-weapons", most=4),
    Row(
        "foobillardplus-data",
        "*/{ballinhole,shuffleballs,smack,bomb}.wav",
        "effects",
        "join",
        "foobillardplus-balls",
        most=2,
    ),
    Row("planetblupi-common", "*/sound/en/*.wav", "effects", "join", "planetblupi-effects", most=5),
    Row("colobot-common-sounds", "*/sounds/*.wav", "effects", "join", "colobot-effects", most=5),
    Row(
        "berusky2-data",
        "*/sound/{Dest,Exploze,Magnet,Blesk,Hrom}*.wav",
        "effects",
        "join",
        "berusky2-effects",
        most=5,
    ),
    Row("extremetuxracer-data", "*/*_slide.wav", "effects", source="extremetuxracer-slides"),
    Row(
        "supertux-data",
        "*/sounds/{brick,cracking,explosion,fizz,flame,icecrash,kick,splash,thud}*.wav",
        "effects",
        "join",
        "supertux-effects",
        most=4,
    ),
    Row("freedroidrpg-data", "*/effects/*_Sound_*.ogg", "effects", "join", "freedroidrpg-effects", most=3),
    Row("lmms-common", "*/effects/*.ogg", "effects", "join", most=2),
    Row("lmms-common", "*/misc/breath01.ogg", "crackle"),
)

MUSIC = (
    Row("fretsonfire-songs-muldjord", "*/*/song.ogg", "metal", pieces=3, most=12),
    Row("fretsonfire-songs-sectoid", "*/*/song.ogg", "metal", pieces=3, most=12),
    Row("marsshooter-data", "*/music/*.ogg", "metal", pieces=2, most=16),
    Row("marsshooter-data", "*/audio/*.ogg", "metal", pieces=2),
    Row("singularity-music", "*/music/*.ogg", "ambient", pieces=2, most=26),
    Row("nexuiz-music", "*/cdtracks/*.ogg", "electronic", pieces=2, most=24),
    Row("zaz-data", "*/mus?.ogg", "electronic", pieces=3),
    Row("wesnoth-1.16-music", "*/music/*.ogg", "orchestral", pieces=2, most=36),
    Row("freedink-data", "*/Sound/*.ogg", "classical", pieces=4, most=16),
    Row("freedink-data", "*/Sound/*.mid", "midi", "midi", pieces=2, most=14),
    Row("simutrans-data", "*/music/*.mid", "midi", "midi", pieces=1, most=36),
    Row("pianobooster", "*/courses/*/*.mid", "midi", "midi", pieces=2, most=12),
    Row("mma", "*/examples/*/*.mid", "midi", "midi", pieces=1, most=14),
    Row("supertux-data", "*/music/antarctic/*.ogg", "game", source="supertux-music", pieces=1, most=10),
    Row(
        "supertux-data",
        "*/music/{forest,castle,retro,tropical}/*.ogg",
        "game",
        source="supertux-music",
        pieces=1,
        most=14,
    ),
    Row("openclonk-data", "*/Music.ocg/*.ogg", "electronic", pieces=2, most=16),
    Row("asterisk-moh-opsound-g722", "*/moh/*.g722", "telephone", source="moh-{start}", pieces=4),
    Row(
        "warmux-data",
        "*/music/*/{*ux,*Etrange*,*Like*,*Vers*,*Vogue*,Divert*}.ogg",
        "game",
        source="warmux-music",
        pieces=1,
        most=12,
    ),
    Row("fillets-ng-data", "*/music/rybky*.ogg", "game", source="fillets-music", pieces=1, most=12),
    Row("fillets-ng-data", "*/kan-klavir-music.ogg", "piano", source="fillets-music", pieces=2),
    Row("hedgewars-data", "*/Data/Music/[!C]*.ogg", "game", source="hedgewars-music", pieces=1, most=24),
    Row("freedroidrpg-data", "*/sound/music/[!A]*.ogg", "electronic", source="freedroidrpg-music", most=16),
    Row("megaglest-data", "*/factions/*/music/*.ogg", "world", source="megaglest-{stem}", pieces=3),
    Row("widelands-data", "*/data/music/*.ogg", "orchestral", source="widelands-music", pieces=1, most=24),
    Row("colobot-common-sounds", "*/music/[A-Z]*.ogg", "electronic", source="colobot-music", pieces=1, most=16),
    Row("starfighter-data", "*/music/*.ogg", "electronic", source="starfighter-music", pieces=2, most=14),
    Row("drascula-music", "*/audio/*.ogg", "game", pieces=1, most=20),
    Row("adonthell-data", "*/audio/at-demo-*.ogg", "orchestral", pieces=2, most=12),
    Row("amoebax-data", "*/music/*.ogg", "chiptune", pieces=2),
    Row("asc-music", "*/music/*.mp3", "electronic", pieces=3),
    Row(
        "btanks-data",
        "*/tunes/{batterie,gameboy,karbofos,nostalgy,utrennik}.ogg",
        "electronic",
        source="btanks-music",
        pieces=3,
    ),
    Row(
        "extremetuxracer-data",
        "*/music/{calmrace,credits,freezingpoint,race1,spunkyrace,start1}*.ogg",
        "game",
        source="extremetuxracer-music",
        pieces=2,
    ),
    Row("frozen-bubble-data", "*/snd/*zik*.ogg", "game", source="frozen-bubble-music", pieces=4),
    Row("hyperrogue-music", "*/music/*.ogg", "ambient", pieces=1, most=14),
    Row("lincity-ng-data", "*/music/default/*.ogg", "electronic", source="lincity-music", pieces=3),
    Row("lordsawar-data", "*/music/*.ogg", "orchestral", pieces=2),
    Row("lugaru-data", "*/Sounds/Music*.ogg", "ambient", source="lugaru-music", pieces=3),
    Row("pathological", "*/music/*.ogg", "ambient", source="pathological-music", pieces=4),
    Row("planetblupi-music-ogg", "*/music/*.ogg", "midi", pieces=2, most=14),
    Row("plee-the-bear-data", "*/music/*.ogg", "game", source="plee-music", pieces=2),
    Row("powermanga-data", "*/music_*.ogg", "chiptune", pieces=3),
    Row("raincat-data", "*/music/*.ogg", "piano", pieces=4),
    Row("scorched3d-data", "*/data/music/*.ogg", "percussion", source="scorched3d-music", pieces=4),
    Row("trackballs-data", "*/music/*.ogg", "electronic", pieces=2, most=16),
    Row("tuxmath-data", "*/sounds/0*.ogg", "chiptune", source="tuxmath-music", pieces=3),
    Row("tuxtype-data", "*/sounds/{amidst*,tuxi}.ogg", "game", source="tuxmath-music", pieces=3),
    Row("tuxtype-data", "*/sounds/chiptune2.ogg", "chiptune", source="tuxmath-music", pieces=3),
    Row("warzone2100-music", "*/albums/*/track[!2]*.opus", "ambient", pieces=1, most=26),
    Row("wordwarvi-sound", "*/{destiny,dtox,highscore,lucky}*.ogg", "rock", source="wordwarvi-music", pieces=4),
    Row("xmoto-data", "*/Musics/*.ogg", "rock", source="xmoto-music", pieces=2),
    Row("berusky2-data", "*/music/*.ogg", "electronic", source="berusky2-music", pieces=1, most=23),
    Row("caveexpress-data", "*/sounds/music-?.ogg", "chiptune", source="caveexpress-music", pieces=3),
    Row("brainparty-data", "*/electricity.ogg", "electronic", source="brainparty-music", pieces=4),
    Row("alienblaster-data", "*/sound/{intro,playon}.wav", "electronic", source="alienblaster-music", pieces=3),
    Row("solarwolf", "*/music/h2.ogg", "electronic", source="solarwolf-music", pieces=4),
    Row("lomiri-sounds", "*/ringtones/[!A]*.ogg", "solo", source="lomiri-ringtones", pieces=1, most=24),
    Row("lmms-common", "*/beats/{909,break,electro,house,jungle}*.ogg", "percussion", "loop", "lmms-loops", most=13),
    Row("lmms-common", "*/bassloops/*.ogg", "loops", "loop", "lmms-loops", most=8),
    Row("lmms-common", "*/latin/*.ogg", "loops", "loop", "lmms-loops", most=4),
    Row(
        "sonic-pi-samples",
        "*/samples/loop_{amen,break,compus,electric,garzul,industrial,mehackit2,mika,tabla}*.flac",
        "percussion",
        "loop",
        "sonic-pi-loops",
        most=20,
    ),
)

# Two sentences a language, spoken by espeak-ng with several voices, speeds and pitches.
SENTENCES = {
    "en-gb": "The train to the coast leaves at nine. Please keep your ticket until you have reached the exit.",
    "en-us": "We measured the bridge twice and wrote both numbers down. They differ by less than a finger's width.",
    "de": "Heute bleibt die Bibliothek bis acht Uhr offen. Danach kann man die Bücher in den Kasten legen.",
    "fr": "Le marché ouvre tous les matins. On y trouve du pain, des fruits et parfois de vieux livres.",
    "es": "Mañana vendrá el fontanero a mirar la caldera. Si llueve, cerrad las ventanas del patio.",
    "it": "La strada sale piano tra gli ulivi. In cima c'è una piccola casa con la porta verde.",
    "nl": "De fiets staat achter het huis. Vergeet niet de lamp aan te doen als het donker wordt.",
    "pt": "O barco chega depois do almoço. Há lugar para vinte pessoas e duas bicicletas.",
    "pl": "Jutro rano pojedziemy do babci. Weźmiemy ze sobą chleb, ser i kilka jabłek.",
    "ru": "Завтра будет холодно и ясно. Не забудьте взять перчатки и тёплую шапку.",
    "sv": "Båten går varje timme från bryggan. Ta med en filt, det blåser ofta på vattnet.",
    "cs": "Vlak má dnes zpoždění deset minut. Počkejte prosím na druhém nástupišti.",
    "tr": "Yarın sabah erken kalkacağız. Yol uzun, ama hava güzel olacak.",
    "fi": "Kahvi on keittiössä ja lehti pöydällä. Tulen takaisin ennen iltaa.",
    "el": "Το λεωφορείο φεύγει σε λίγο. Περιμένετε στη στάση δίπλα στο φούρνο.",
    "hi": "कल सुबह हम बाज़ार जाएँगे। वहाँ ताज़े फल और सब्ज़ियाँ मिलती हैं।",
}
VOICES = ("", "+f2", "+m3", "+whisper", "+croak")  # espeak-ng's variants of a voice
BABBLE = ("ktuberling-data", "*/sounds/[a-z][a-z]/*.*")  # speakers that appear nowhere else


def matches(path: Path, pattern: str) -> bool:
    """Match a glob in which {a,b} stands for a or b."""
    parts = [part.split(",") for part in re.split(r"[{}]", pattern)]
    return any(fnmatchcase(path.as_posix(), "".join(choice)) for choice in product(*parts))


def run(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a program, silently; its error becomes ours."""
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, capture_output=True)  # noqa: S603  (fixed)


def unpack(package: str, out: Path) -> Path:
    """Download a package into the cache and unpack it, with the archives inside it."""
    folder = out / "unpacked" / package
    if folder.exists():
        return folder
    debs = out / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    if not list(debs.glob(f"{package}_*.deb")):
        run("apt-get", "download", "-q", package, cwd=debs)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        run("dpkg-deb", "-x", next(debs.glob(f"{package}_*.deb")), scratch)
        for archive in sorted([*Path(scratch).rglob("*.pk3"), *Path(scratch).rglob("data.zip")]):
            with zipfile.ZipFile(archive) as inside:
                inside.extractall(archive.with_suffix(""))  # noqa: S202  (an archive from a signed package)
        folder.parent.mkdir(exist_ok=True)
        shutil.copytree(scratch, folder, symlinks=True)
    return folder


def decode(path: Path, *, longest_s: float = LONGEST_S) -> np.ndarray:
    """Decode the first part of a file to mono at SAMPLE_RATE; an unreadable file gives no samples."""
    try:
        raw = "g722" if path.suffix == ".g722" else None
        with av.open(str(path), format=raw, metadata_errors="replace") as container:
            stream = container.streams.audio[0]
            resampler = av.AudioResampler(format="fltp", layout="mono")
            rate, parts = SAMPLE_RATE, []
            for frame in container.decode(stream):
                rate = frame.sample_rate
                parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
                if (frame.time or 0) > longest_s:
                    break
    except (av.FFmpegError, IndexError):
        return np.zeros(0, np.float32)
    return soxr.resample(np.concatenate(parts), rate, SAMPLE_RATE) if parts else np.zeros(0, np.float32)


def render(path: Path, soundfont: Path) -> np.ndarray:
    """Play a MIDI file with fluidsynth."""
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch) / "out.wav"
        run("fluidsynth", "-ni", "-r", str(SAMPLE_RATE), "-F", wav, soundfont, path)
        return decode(wav)


def speak(text: str, voice: str, speed: int, pitch: int) -> np.ndarray:
    """Speak with espeak-ng."""
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch) / "out.wav"
        run("espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", wav, text)
        return decode(wav)


def level(y: np.ndarray) -> float:
    """RMS level in dBFS."""
    return 10 * np.log10(np.mean(np.square(y, dtype=np.float64)) + 1e-12)


def filled(y: np.ndarray) -> float:
    """Share of the half seconds that are louder than QUIET_DBFS."""
    blocks = np.array_split(y, max(1, round(2 * y.size / SAMPLE_RATE)))
    return float(np.mean([level(block) > QUIET_DBFS for block in blocks]))


def trim(y: np.ndarray) -> np.ndarray:
    """Cut silence off both ends."""
    loud = np.flatnonzero(np.abs(y) > 1e-3)
    return y[loud[0] : loud[-1] + 1] if loud.size else y[:0]


def cut(y: np.ndarray, pieces: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Cut up to `pieces` pieces of random length, spread over the recording."""
    y = trim(y)
    seconds = y.size / SAMPLE_RATE
    if seconds < NATURAL_S:
        return []
    lengths = rng.uniform(MIN_S, MAX_S, min(pieces, max(1, int(seconds / 10))))
    slot = y.size / lengths.size
    clips = []
    for index, length in enumerate(lengths):
        size = min(int(length * SAMPLE_RATE), int(slot))
        start = int(index * slot + rng.uniform(0, slot - size))
        clips.append(y[start : start + size].copy())  # the copy lets go of the whole recording
    return [clip for clip in clips if filled(clip) > FILLED]


def join(parts: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Put short sounds one after the other, with small gaps, until clips of 5..15 s are full."""
    clips, current, goal = [], [], rng.uniform(5, 15)
    rounds = 1 if sum(part.size for part in parts) > 8 * SAMPLE_RATE else 3
    for part in (parts[index] for _ in range(rounds) for index in rng.permutation(len(parts))):
        current += [part[: int(MAX_S * SAMPLE_RATE)], np.zeros(int(rng.uniform(0.05, 0.5) * SAMPLE_RATE), np.float32)]
        if sum(x.size for x in current) >= goal * SAMPLE_RATE:
            clips.append(np.concatenate(current)[: int(MAX_S * SAMPLE_RATE)])
            current, goal = [], rng.uniform(5, 15)
    if current and not clips:
        clips.append(np.concatenate(current))
    return [clip for clip in clips if clip.size >= JOINED_S * SAMPLE_RATE and level(clip) > QUIET_DBFS]


def loop(y: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Repeat a sound for 6..12 s."""
    if y.size < 0.05 * SAMPLE_RATE or level(y) < QUIET_DBFS:
        return []
    return [np.resize(y, max(int(rng.uniform(6, 12) * SAMPLE_RATE), min(y.size, int(MAX_S * SAMPLE_RATE))))]


def clips_of(row: Row, folder: Path, soundfont: Path | None) -> list[tuple[str, np.ndarray]]:
    """Make the clips of one row: (source, samples)."""
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if matches(path, row.pattern) and path.is_file() and not path.is_symlink():
            start = path.stem.replace(".", "-").replace("_", "-").split("-")[0]
            names = {"package": row.package, "parent": path.parent.name, "stem": path.stem, "start": start}
            groups[row.source.format(**names)].append(path)
    found = []
    for source, paths in groups.items():
        rng = np.random.default_rng(zlib.crc32(f"{source} {row.pattern}".encode()))
        chosen = [paths[index] for index in rng.permutation(len(paths))[:200]]
        clips: list[np.ndarray] = []
        if row.how == "join":
            clips = join([y for y in map(trim, map(decode, chosen)) if y.size], rng)
        for path in chosen if row.how != "join" else ():
            if len(clips) >= row.most:
                break
            y = render(path, soundfont) if row.how == "midi" else decode(path)
            clips += loop(y, rng) if row.how == "loop" else cut(y, row.pieces, rng)
        found += [(source, clip) for clip in clips[: row.most]]
    return found


def spoken() -> list[tuple[str, str, np.ndarray]]:
    """Make speech with espeak-ng: (kind, source, samples)."""
    rng = np.random.default_rng(1)
    found = []
    for language, text in SENTENCES.items():
        for voice in rng.choice(VOICES, 3, replace=False):
            y = speak(text, language + voice, int(rng.integers(110, 260)), int(rng.integers(10, 90)))
            found += [("speech", "espeak-ng", piece) for piece in cut(y, 1, rng)]
    return found


def synthetic() -> list[tuple[str, str, np.ndarray]]:
    """Make COPIES clips of every generator: (kind, source, samples)."""
    found = []
    for kind, generators in GENERATORS.items():
        for generator in generators:
            for copy in range(COPIES):
                rng = np.random.default_rng(zlib.crc32(f"{generator.__name__} {copy}".encode()))
                y = generator(rng, np.arange(int(rng.uniform(MIN_S, 14) * SAMPLE_RATE)) / SAMPLE_RATE)
                y = y / np.max(np.abs(y)) * 10 ** (rng.uniform(-25, -1) / 20)
                found.append((kind, f"synthetic-{generator.__name__}", y))
    return found


def mixed(speech: list[tuple[str, np.ndarray]], out: Path) -> list[tuple[str, str, np.ndarray]]:
    """Mix speech with noise, and many speakers with each other: (kind, source, samples)."""
    rng = np.random.default_rng(2)
    found = []
    for index in rng.permutation(len(speech))[:40]:
        source, y = speech[index]
        generator = BACKGROUNDS[rng.integers(len(BACKGROUNDS))]
        noise = generator(rng, np.arange(y.size) / SAMPLE_RATE)
        noise *= 10 ** ((level(y) - level(noise) - rng.uniform(0, 20)) / 20)
        found.append(("speech-in-noise", source, y + noise))
    package, pattern = BABBLE
    talks: dict[str, list[np.ndarray]] = defaultdict(list)
    for path in sorted(unpack(package, out).rglob("*")):
        if matches(path, pattern) and len(talks[path.parent.name]) < 60:
            talks[path.parent.name].append(trim(decode(path)))
    speakers = [y for y in map(np.concatenate, talks.values()) if y.size > 20 * SAMPLE_RATE]
    for _ in range(24):
        size = int(rng.uniform(6, 14) * SAMPLE_RATE)
        chosen = rng.choice(len(speakers), min(int(rng.integers(1, 7)), len(speakers)), replace=False)
        starts = [rng.integers(0, speakers[index].size - size) for index in chosen]
        voices = [speakers[index][start : start + size] for index, start in zip(chosen, starts, strict=True)]
        found.append(("babble", "ktuberling-babble", sum(y * 10 ** ((-25 - level(y)) / 20) for y in voices)))
    return found


def main(argv: list[str] | None = None) -> int:
    """Gather, cut and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT_DIR", help="folder for packages, clips and clips.csv")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these packages, or: espeak-ng, synthetic, mixed")
    options = parser.parse_args(argv)
    out = options.out.resolve()

    def wanted(name: str) -> bool:
        return not options.only or name in options.only

    shutil.rmtree(out / "clips", ignore_errors=True)
    count: dict[tuple[str, str], int] = defaultdict(int)
    table: list[tuple[str, str, str, str, float]] = []
    speech: list[tuple[str, np.ndarray]] = []

    def keep(label: str, kind: str, source: str, clip: np.ndarray) -> None:
        """Write one clip and its row."""
        name = "".join(c if c.isalnum() or c in "-." else "-" for c in source)
        count[kind, name] += 1
        clip_id = f"{kind}/{name}_{count[kind, name]:02d}"
        path = out / "clips" / f"{clip_id}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, clip / max(1.0, np.max(np.abs(clip))), SAMPLE_RATE)
        table.append((clip_id, label, kind, name, round(clip.size / SAMPLE_RATE, 2)))

    for label, rows in (("not_music", NOT_MUSIC), ("music", MUSIC)):
        for row in rows:
            if not wanted(row.package):
                continue
            font = next(unpack(SOUNDFONT, out).rglob("*.sf2")) if row.how == "midi" else None
            clips = clips_of(row, unpack(row.package, out), font)
            if not clips:
                print(f"nothing for {row.package} {row.pattern}", file=sys.stderr)
            for source, clip in clips:
                keep(label, f"music-{row.kind}" if label == "music" else row.kind, source, clip)
            speech += clips if row.kind == "speech" else []
    made = spoken() if wanted("espeak-ng") else []
    speech += [(source, clip) for _, source, clip in made]
    made += synthetic() if wanted("synthetic") else []
    made += mixed(speech, out) if wanted("mixed") else []
    for kind, source, clip in made:
        keep("not_music", kind, source, clip)
    with (out / "clips.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("clip_id", "label", "kind", "source", "duration_s"))
        writer.writerows(table)
    for label in ("not_music", "music"):
        chosen = [row for row in table if row[1] == label]
        print(f"{label}: {len(chosen)} clips of {len({row[3] for row in chosen})} sources")
    return 0


if __name__ == "__main__":
    sys.exit(main())
