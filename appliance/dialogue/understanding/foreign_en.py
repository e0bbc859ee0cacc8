"""English sentences that are no request, or one to some other site; written for this purpose."""

from __future__ import annotations

from typing import Final

ENGLISH: Final = tuple(
    """
what is the capital of australia
who won the football match last night
tell me a joke about a parrot
how tall is the eiffel tower
what should i cook for dinner tonight
is it going to snow in the mountains
my neighbour's dog keeps barking at the moon
how do i grow tomatoes on a balcony
can you sing a song for me
what is the meaning of life
i am reading a very long book about whales
who painted the mona lisa
how far away is the sun
my brother plays the trumpet in a brass band
what is seventeen times twenty three
do you like chocolate or vanilla
the bus was full and i had to stand
how do you spell rhinoceros
where can i learn to dance the tango
she said that the film was far too long
what year did the second world war end
why is the sky blue
turn the lights off in the kitchen
play some jazz from the fifties
set an alarm for half past six
how many legs does a spider have
i think it was the butler who did it
could you recommend a good restaurant nearby
what time is it in tokyo
my car makes a strange noise when i brake
who is the prime minister of canada
what is the tallest building in the world
how do i remove red wine from a carpet
there is a bird in the chimney
book me a flight to lisbon for saturday
what is the best way to learn italian
the children are playing in the garden
do you have a girlfriend
are you a robot or a human being
how old are you
what is your favourite colour
i don't like mondays very much
we went to the seaside and it rained all week
how much does an elephant weigh
translate good night into french
which team is top of the league
the soup is too salty for me
what is the exchange rate of the yen
can fish sleep
tell me something interesting about volcanoes
how long does it take to boil an egg
what is the plot of the new spy film
my phone screen is cracked
who invented the telephone
i lost my umbrella on the train
order a large pizza with mushrooms
what is the square root of eighty one
is there life on other planets
please water the plants while we are away
how do i tie a bow tie
what rhymes with orange
the meeting was moved to another room
do penguins have knees
what is the population of brazil
i would like to become an astronaut
how do i get rid of ants
when was shakespeare born
add butter and flour to my shopping list
he has been working on that boat for years
what is the fastest animal on land
can you lend me twenty pounds
i want to buy a second hand guitar
what is the difference between a crocodile and an alligator
how many stars are in the milky way
my computer will not start any more
who wrote the book about the white rabbit
is coffee bad for your heart
tell me about your childhood
the train leaves from platform nine
what does the word serendipity mean
how do i change a flat tyre
which wine goes with fish
we are having a party for my grandmother
what do bees do in winter
how hot is the surface of the sun
i dreamed about a purple horse
who is singing on the radio
why do cats purr
can you do a backflip
the paint on the fence is still wet
what languages are spoken in switzerland
how many players are there in a rugby team
show me pictures of mountains
remind me to feed the cat at eight
is the museum worth a visit
do aliens exist
what is the longest river in africa
how do i fold a paper plane
my uncle collects old stamps
what is two hundred divided by eight
find me a recipe for pancakes
what happened to the dinosaurs
how do you make a paper hat
what film should i watch this weekend
tell me a story about a dragon
the concert begins when the lights go down
who discovered penicillin
how deep is the ocean
can dogs see colours
which bin is for glass bottles
what is the national dish of hungary
how many calories are there in a banana
i have nothing to do today
what is on television tonight
is it better to walk or to run
who was the first woman in space
what is the chemical symbol for gold
my shoes are a size too small
how do magnets work
why do we yawn
do you believe in ghosts
how do i knit a scarf
what is the best phone you can buy
the cake needs another ten minutes
how many teeth does a shark have
what did you have for breakfast
which planet has the most moons
can i take my hamster on a plane
how do i write a love letter
what instrument has eighty eight keys
there was a rainbow over the valley
who are you voting for
the river is higher than usual
when does the next full moon rise
how do i become a millionaire
is there a ferry to the island
what is the weather like on the coast
how many minutes are there in a week
what do you think about politics
i can hear you but i cannot see you
he asked her to marry him on a bridge
what is the speed of light
how old is the universe
give me a riddle
what does your name mean
could you turn the music down
the goat ate my homework
which country has the most lakes
how do i teach my parrot to talk
are there snakes in ireland
what was the score in the final
nobody told me that it was raining
how much is a kilo of apples
is this the number of the hairdresser
sorry i must have the wrong number
i was talking to somebody else
wait there is somebody at the door
blah blah blah
testing one two three
la la la
i did not say anything
that is very funny
you have a nice voice
are you listening to me
this is ridiculous
i am in the car at the moment
mum can you come here please
put that down
turn left at the next junction
yes i told him that already
no not you i mean the dog
how is your mother doing
have you seen my keys
the washing machine is making a noise
what shall we have for lunch
i think it is in the other bag
he will be here in a minute
it was raining cats and dogs
my grandfather was a sailor
the price of petrol is going up again
how do stocks and shares work
should i invest in gold
how do i train for a marathon
my back hurts when i sit too long
which vitamin is in oranges
how long do tortoises live
tell me the latest news
what is happening in the world
how do you play chess
is a tomato a fruit or a vegetable
name all the planets
who is the richest person alive
what comes after a trillion
sell me a bicycle
do you deliver furniture
i need new tyres for my van
can you repair watches
i am looking for a flat with two rooms
do you have any kittens left
how much is a haircut
i want to rent a tent for the weekend
where do i get tickets for the opera
is the swimming pool heated
which bus goes to the zoo
can you fix my bicycle
i am calling about the advertisement for the sofa
do you sell garden furniture
what colour should i paint the bedroom
how do i get a passport
where do i pay a parking ticket
i want to cancel my subscription
i would like to book a table for four people
my credit card has been stolen
i want to open a bank account
can i change my flight to the next day
i need to renew my driving licence
i would like to order a taxi to the station
my parcel has not arrived yet
i want to return the shoes that i bought
i need a repeat prescription
i would like to make an appointment with the dentist
my internet connection is very slow
i want to change my mobile phone contract
i have forgotten the password for the website
can you send me a catalogue
i need a plumber for a blocked drain
i would like to insure my car
i had an accident and need to make a claim
i want to sign my daughter up for swimming lessons
can i borrow this book for another two weeks
i lost my library card
i want to book a double room for two nights
do you have a room with a view of the sea
i want to apply for the job that you advertised
i would like to speak to the headmaster
my son is ill and cannot come to school
i need a copy of my birth certificate
i want to register my dog
the rubbish was not collected this week
there is a hole in the road outside my house
i would like to cancel my gym membership
i want to transfer money to another account
what is the interest rate on a mortgage
i want to complain about a parking fine
my television has no picture any more
i need an extra key for my flat
the heating in my flat is not working
the lift is broken again
when will the technician repair my dishwasher
i want to sell my car
i would like a quote for a new roof
do you have this dress in a smaller size
my order is incomplete
i want to pay by direct debit
please send me an invoice for the hotel
can i have a receipt for the taxi
i would like to donate money
i want to rent a van
how much does shipping to canada cost
i need to change the address on my order
is my prescription ready
i would like to reserve tickets for the theatre
what is my account balance
i want to report a lost wallet
i need a doctor's note
can i bring my dog to the restaurant
i would like to have my car serviced
i want to change my tariff
i want to move my appointment
please put me through to the manager
i want to speak to mister robinson
can i leave a message for the kitchen
when are you open at easter
where can i park my car
can you tell me your address
i want to confirm my reservation
i need help with my tax return
i want to take out a loan
do you offer student discounts
i would like to buy a gift voucher
""".strip().splitlines()
)
