import { randomInt } from 'node:crypto'

// Short, plain words: names are read aloud in meetings.
const ADJECTIVES =
  'able amber ample bold brave brief bright brisk calm clear clever cosmic crisp dapper deep eager early exact fair fancy fast fine firm fleet fresh gentle glad golden grand happy hardy honest humble ideal jolly keen kind lively loyal lucid lunar mellow merry mild modest neat noble open patient placid polite proud quick quiet rapid rare ready regal sharp silent smart solid sound steady stellar sunny swift tidy upbeat vivid warm wise witty zesty'.split(
    ' ',
  )
const NOUNS =
  'ant badger bass bear bee bird boar calf carp cat colt cow crab crane crow deer dove duck eagle eel elk ewe fawn finch fish flea fly foal fox frog gnat goat goose grub gull hare hawk hen heron hog horse hound ibis jay kit koi lamb lark lynx mare mink mole moose moth mouse newt otter owl ox panda perch pig pike pug quail ram rat raven robin rook seal shad shark sheep shrew skunk sloth slug smelt snail snake sow squid steed stag stoat swan tern toad trout vole wasp whale wolf wren yak zebra'.split(
    ' ',
  )

const oneOf = (words: readonly string[]) => words[randomInt(words.length)] ?? ''

/** A name for a run that came without one: adjective-noun-number, as MLflow's servers give. */
export const generateRunName = () => `${oneOf(ADJECTIVES)}-${oneOf(NOUNS)}-${randomInt(1, 1000)}`
